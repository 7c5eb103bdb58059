"""Words beside which another word is likely to be a name. All are keys, as the gazetteer has them."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """The words of a text, so that long lists do not fill the page."""
    return frozenset(words.split())


#: Titles that go with the name they stand before, and are never used without one.
COURTESY = word_set("fr dr mr mrs ms miss maam mister mx prof professor sir dame rev revd reverend lord lady")

#: Titles of the trade: they stay, for a reader needs them, and often stand alone.
TRADE_TITLES = word_set(
    """
    sister matron nurse doctor sr brother father auntie aunty uncle hca cns anp consultant
    registrar physio midwife paramedic healthcare chef
    """
)

ROLES = word_set(
    """
    manager mentor supervisor boss lead leader preceptor preceptee buddy assessor tutor educator
    colleague coach appraiser director chief deputy head trainer facilitator coordinator co-
    ordinator senior junior charge incharge matron sister consultant registrar sho doctor nurse
    midwife physio physiotherapist ot therapist pharmacist technician paramedic radiographer
    dietitian psychologist psychiatrist hca hcsw carer cook chef porter cleaner domestic
    caretaker housekeeper receptionist secretary administrator clerk student apprentice friend
    mate line practitioner specialist surgeon anaesthetist teacher lecturer ceo chair chairman
    governor guardian rep steward officer assistant partner engineer driver owner employee
    worker member bully volunteer chaplain electrician gardener plumber sonographer dentist bursar
    """
)

#: Words of praise that may stand between a turn of phrase and the name.
PRAISE = word_set(
    """
    lovely amazing brilliant wonderful fantastic great dear dearest fab fabulous little old own
    incredible excellent superb awesome patient kind supportive especially particularly also
    both mainly mostly our my the new current previous former late poor big massive huge largely
    entirely solely
    """
)

#: 'thanks to', 'kudos to': what follows 'to' or 'for' is thanked.
THANKS_TO = word_set(
    """
    love hugs thoughts regards thanks thank thankyou kudos credit props grateful shoutout out
    indebted hats off praise cheers gratitude thx thnx thanx ty congratulations congrats done
    hat up due down owe fair respect compliments flowers nod goes
    """
)
#: After these the name may follow at once.
THANKS = word_set("thanks thankyou thx thnx thanx cheers kudos congratulations congrats ty bless")

#: What is done to, with or by a person: 'spoke to', 'mentored by', 'ask for'.
DEALINGS = word_set(
    """
    because instead front friends apart except other speak spoke speaking spoken talk talked
    talking talks chat chatted chatting chats report reports reporting reported work worked
    working works shift shifts meeting meetings supervision session sessions email emailed
    emailing emails call calls called calling message messages messaged words complain
    complained complaining escalated escalate escalating raised raise mentored mentoring led
    supervised supported trained taught managed run runs ran chaired delivered shown guided
    assessed precepted encouraged bullied undermined ignored helped praised signed handed hand
    handing ask asked asking asks looking listen listened listening listens learnt learned
    learning learn shadowing shadowed shadow paired placed teamed sat sit feedback help support
    advice training teaching coaching mentorship guidance leadership coached mentor appraisal
    handover induction induct inducted precepting taken covered covering apologise apologised
    lied shouted written wrote write writing turn turned turning go went going goes sent send
    sending given gave give giving belittled ridiculed humiliated blamed targeted picked
    interviewed orientation orientated onboarded welcomed inspired motivated treated told nights
    days lunch coffee apology response reply answer visit placement conversation conversations
    discussion discussions discussed day week took taking grateful friendly close rude unfair jealous scared
    afraid frightened proud passed pass complaint complaints concern concerns allegation
    allegations
    """
)
#: Of these, the ones after which 'to' leads to a verb: 'learning to cook'.
NOT_TO = word_set(
    """
    learn learning learned learnt help training trained teaching work working worked works run
    led supported support encouraged asked ask asking told day days week nights lunch friends
    meeting coaching managed afraid scared proud motivated inspired advice looking sat sit taken
    induction guidance taught shown
    """
)
DEALING_LINKS = word_set(
    """
    to with by from under for about at of on behind than like after around against
    """
)

#: 'asked Mark': a person follows at once.
ASKED = word_set(
    """
    fault praise help helped helping know knew support supported promote reward clone giving
    sack back cross poor reported report reporting blamed blame asked ask asking told tell
    telling met phoned rang emailed emailing messaged texted thanked thank named shadowed
    shadowing nominate nominated nominating consulted contacted contact bleeped phone miss
    missed lost love loved loves join joined ringing dm watched watching hired promoted sacked
    suspended trusted trust respect respected admire admired owe owes see saw hear heard hate
    hated thanking introduced replaced appreciate appreciated recommend recommended
    """
)

#: What a person does: 'X told me', 'X explained'.
DEEDS = word_set(
    """
    felt bothered complains complained keeps started finished passed noticed spotted stepped
    fixed found who said says told tells taught teaches explained explains showed shows helped
    helps listened listens supported supports mentored mentors encouraged encourages replied
    asked asks shouted shouts screamed apologised apologises emailed emails texted retired
    resigned retires left joined leads led manages managed runs ran supervises supervised
    trained trains goes went gave gives makes made takes took kept knows knew thinks thought
    sorted sorts organised organises welcomed deserves understands understood answers answered
    checks checked came comes stayed stays spoke speaks talks talked smiles smiled laughed
    ignores ignored bullies bullied blames blamed rolls rolled walked coaches coached covers
    covered delivered delivers does did never always inspires inspired spent spends arranged
    arranges brings brought steps reckons rang rings called calls pulled puts put sat stands
    stood signed seems treats treated works worked cares cared has had picks picked writes wrote
    refuses refused moans moaned snaps snapped gets needs wants loves hates lets sings sang
    chairs drives drove cooks cleans cleaned starts started begins began plays played fixes
    """
)

#: What two people do: 'X and Y run the shift'.
PLURAL_DEEDS = word_set(
    """
    run lead make keep do have look know work go cover help support teach train organise share
    sit stand bring take give get put always never were are both all came took swap did had
    """
)

#: What a person is: 'X is lovely'. Things are rarely called so.
PERSONAL = word_set(
    """
    brilliant amazing lovely kind supportive approachable helpful wonderful fab patient
    knowledgeable rude my our so such the a an always very really absolutely incredible superb
    leaving retiring off there here never inspirational inspiring caring friendly welcoming
    fantastic great excellent encouraging awesome outstanding understanding fair calm
    exceptional invaluable dismissive condescending arrogant unapproachable moody lazy useless
    horrible nasty vile ace class unreal quick happy made promoted bullied told given asked back
    away ill sick one like more just still constantly forever genuinely truly also both not
    quite pretty too by incredibly extremely immensely
    """
)
#: Of these, the ones of which a thing or an idea is not often told.
VERY_PERSONAL = word_set(
    """
    impossible impatient hopeless incompetent clueless unprofessional hardworking thoughtful
    considerate humble funny strict bossy grumpy generous selfless dedicated polite compassionate
    brilliant amazing lovely kind supportive approachable helpful wonderful fab fabulous patient
    knowledgeable rude my our inspirational inspiring caring friendly welcoming fantastic
    encouraging awesome understanding dismissive condescending arrogant unapproachable moody
    lazy horrible nasty vile retiring leaving superb excellent outstanding such incredible
    exceptional
    """
)
BEING = word_set("is was are were has been isnt wasnt isn't wasn't seems")

LINKS = word_set("and or & plus nor n an +")

PARTICLES = word_set(
    """
    van der den de la le du del della di da das do dos al el ul ur bin bint ibn abu ap ab ferch
    ni nic mac mc o von san st ter ten y e abd
    """
)

#: A place named after somebody is a place.
PLACE_ENDS = word_set(
    """
    ward unit house court suite clinic hospital infirmary road rd street centre center wing
    lodge building lane avenue college university uni school surgery hall bay corridor theatre
    hotel pub park square station airport city town village county church cathedral gardens
    grove terrace crescent wards hospice trust campus library site
    """
)

#: 'Crohn's disease', 'the Braden score', 'Martha's Rule': named after somebody, about nobody here.
EPONYM_ENDS = word_set(
    """
    disease syndrome palsy score scale tool chart cycle model rounds round rule act law tube
    catheter frame line fracture test sign position manoeuvre programme award fellowship
    scholarship principles inquiry stockings bandage solution drain forceps technique method
    criteria index window theory roles body change questionnaire inventory lymphoma chorea
    hierarchy curve
    """
)
EPONYMS = word_set(
    """
    addison cushing raynaud barrett
    nuffield wellcome kings guy guys parkinson parkinsons alzheimer alzheimers hodgkin hodgkins
    huntington huntingtons crohn crohns asperger aspergers tourette tourettes korsakoff
    korsakoffs raynauds addisons cushings downs barretts nightingale braden waterlow norton
    glasgow foley hickman ryles gibbs kolb driscoll rolfe benner belbin maslow peplau orem roper
    logan tierney likert kirkpatrick doppler heimlich hartmann hartmanns guedel yankauer kaplan
    schwartz mcgowan francis ockenden kirkup keogh berwick darzi cavendish marmot wakley bevan
    seacole jenner franklin murray montgomery gillick fraser bolam caldicott mcguire abbey wong
    baker rcslt allen datix bradford eisenhower pavlov prader willi macmillan marie curie sue
    ryder barnardo samaritan wells
    """
)
#: Names of two words that are no person here.
EPONYM_PAIRS = frozenset(
    tuple(pair.split())
    for pair in """
    bobby dazzler, bradford factor, bradford hill, christmas eve, donna ockenden, edward jenner,
    ella baker, florence nightingale, great ormond, guy's thomas, happy larry, harley street,
    holly house, jack jones, jack russell, jane doe, joe bloggs, joe public, john doe, john lewis,
    king george, lloyd george, lloyds pharmacy, marie curie, marks spencer, martha rule,
    mary seacole, michael west, murphy's law, myers briggs, new year, nye bevan, oliver mcgowan,
    prader willi, prince charles, queen elizabeth, queen mary, queen victoria, rob peter,
    rosalind franklin, royal victoria, ryan rule, smooth sailing, st john, sue ryder, tom dick,
    uncle tom, virgin care, wong baker
    """.split(",")  # noqa: SIM905 - a list of strings would fill the page
)
#: 'St Mary's': a hospital, a ward or a church.
SAINTS = word_set("st saint saints queen king prince princess royal our")

#: A noun follows these, in small letters, and no name.
DETERMINERS = word_set(
    """
    a an the these those some any no every each more most very too another your
    """
)

#: Before these months are months.
MONTHS = word_set("may april june august jan")
MONTH_LINKS = word_set(
    """
    in by since this last next of until till from before after during mid early late end through
    every each for around about on th st nd rd to and or between via march july september
    """
)

#: Words that end in nothing but a verb after a role: 'my manager will', 'the lead may'.
MODAL = word_set(
    """
    will may can do so an su no see chance grant sue chase hope drew mark bill nick rob wade pat
    dot art max min gay rich rush young praise trust promise progress success comfort favour
    favor support judge major pretty bright happy lovely brilliant perfect sincere honesty
    wisdom confidence knowledge evidence talent experience patience patient charity mercy
    justice harmony liberty dawn summer autumn spring winter sun rain star storm sky ocean royal
    king queen junior senior prince deacon price ward dean band carter porter baker cook walker
    hunter page parker mason chandler butler potter taylor fisher knight archer bishop shepherd
    wheeler turner miller farmer amber crystal penny cash clip chip cole buddy champion mate
    legend rose cliff heath marsh reg vi ed norm mac don long le del ha ho hung ping sol tan wan
    wen bo lo lam jan gift precious marry marvel surprise prosper providence obvious fortune
    treasure beloved blessed unity purity victory glory honour faith joy grace destiny serenity
    genesis eden gene kit cam ray van angel jewel diamond pearl emerald coral ivory ebony olive
    ginger sage basil frank earnest stern sharp cross blunt noble gracious loyal nan ham pan bud
    bell song foster trace berry herb jolly legacy peace essence miracle vanity reign darling
    delta brook colt talon ally scout novella gala dory sandy ford rosy merry viva poppy tel
    frost chambers moss walls weaver barber watts shields hickey barker joyful happiness misty
    dale buck sunshine courage delight salvation bliss gladness
    """
)

#: Of these, the ones that are hardly ever a name in small letters, even after 'my manager'.
AUXILIARY = word_set("will may can do so an no see su had has did")

#: What one asks for and gets none of.
ABSTRACT = word_set(
    """
    cash patience mercy comfort justice charity wisdom praise promise success support judge
    honesty confidence knowledge evidence talent experience harmony liberty progress favour
    favor chance trust unity sincere treasure surprise providence obvious fortune honour
    """
)

#: What keeps one going, or does not: 'Hope keeps us here'.
IDEAS = ABSTRACT | word_set(
    """
    hope faith joy grace love memory gift beauty destiny fate art peace marvel victory glory
    serenity summer winter autumn spring dawn sun rain storm junior senior king queen price page
    ward band dean blessing cook buddy happy reg lovely pretty bright max clip chip bell legacy
    darling jolly sunshine courage delight salvation bliss gladness freedom
        levy agency
    """
)

#: 'by summer', 'by chance'.
TIMES = word_set("chance dawn summer autumn spring winter may april june august jan sun art")

#: What a person can be: 'my manager is frank'.
QUALITIES = word_set(
    """
    frank earnest happy lovely bright young pretty rich sunny brilliant perfect precious patient
    gay misty lucky sharp noble gracious loyal jolly merry rosy joyful junior senior major royal
    angel star gem treasure legend blessing joy gift miracle darling honest sincere unique max
    min reg hardy gentle grim king queen
    """
)
#: What one does to a person or a thing: 'page the doctor'.
DOINGS = word_set(
    """
    page mark bill chase sue pat nick rob drew hunt grant guy marry trace foster cook tell see
    """
)

#: Syllables of names of two or three parts from East Asia, as they are written in Britain.
SYLLABLES = word_set(
    """
    ah ai an ang ba bao bee bei bi bin bo cai chan chang chao chau che chen cheng cheong cheung
    chew chi chia chiew chin ching chiu cho chong chow choy chu chua chuan chui chun chung da
    dan dang dao de di ding dong du duc dung eun fa fai fan fang fen feng fong foo fu fung ga
    gang gao ge geok gia guang gui guo ha hae hai han hang hao he heng hien hin hiu ho hoa hoai
    hong hoon hsien hsin hu hua huan huang hue hui hun hung huong huy hwa hwee hye hyun in ja
    jae ji jia jian jiao jie jin jing jo joo ju juan jun ka kai kam kang kei keng keung khanh
    kim kin kit kiu ko kong koon ku kuan kum kun kuo kwai kwan kwok kyung lai lam lan lang lau
    le lee lei leng li lian liang liem lien lim lin ling linh liu lok long lu lui lun luo lung
    ly ma mae man mei men meng mi miao mien min ming minh mo moon mui my na nam nan nga ngan
    ngoc nguyen nhi nhung ni ning oi on pak pang pei peng phuong pik ping po poh pui qi qian
    qiang qin qing qiu quan quang quoc quynh ran rong ru ruo ryong san sang sau sen seng seo
    seok seong seung sha shan shang shao shen sheng shi shin shing shu shuang shui shuk shun si
    siew sik sim sin sing siu so son song soo soon su suet sui suk sum sun sung sze tai tak tan
    tang tao teck ted thao thi thien thu thuy tian tin ting to tong tran trang tri trinh trung
    tsz tuan tung tuyet un van vi viet vinh wa wah wai wan wang wei wen wing wong woo wu xi xia
    xian xiang xiao xin xing xiu xu xuan xue ya yan yang yao yat ye yee yen yeon yeong yi yim
    yin ying yip yiu yong yoo yoon you young yu yuan yuen yue yuet yuk yun yung ze zhang zhao
    zhe zhen zheng zhi zhong zhou zhu zi zong
    """
)

#: Of these, words that stand beside one another.
COMMON_SYLLABLES = word_set(
    """
    ah an bin bo can che da dan de di do du fan go ha han he hi ho hun in ja jo ju ka la le li
    long lu ma man me men mi min mo my na no oh on pan po ran san sang sen shin si sin sing so
    son song soon su sum sun sung tan ted tin to ton un van vi wan we win wing woo ya ye yen you
    young yu ze
    """
)

#: Never a name in small letters.
NEVER_SMALL = AUXILIARY - {"will", "may", "su"}

#: Family names that are words, and yet follow a given name in small letters: 'tom king'.
FAMILY = word_set(
    """
    brown white black green king young wood hill bell price bishop cook fox knight stone rice
    banks barker carpenter marsh moss pope fields field rose wise hall baker walker turner
    cooper ward carter taylor smith miller mason fisher parker porter potter butler shepherd
    archer bird brook brooks burns chambers day dean dixon ford frost gray grey grant hart hunt
    hunter lane law marks mills noble oakley page palmer pearce perry pike powers rivers rowe
    sharp stokes summers swift waters webb weeks wells west winter woods cox fuller gill nash
    payne drew lamb
    """
)

#: Never a name, even with its capital after a title or in praise.
NEVER = word_set(
    """
    a i and or the to in on of for at by from with is was are were be been has have had he she
    they we you it us me him her them my our your his their this that these those who what when
    where why how if but so then also all not no yes nhs trust team teams staff ward wards unit
    manager managers nurse nurses doctor doctors sister matron everyone everybody anyone anybody
    someone somebody nobody people others colleagues management mentor mentors covid hr gp gps
    icu itu hdu ccu amu mau sdu ae aande theatres theatre pharmacy physio physios ot ots slt
    senior seniors junior juniors band bands one today yesterday tomorrow god goodness heavens
    both each practice education educators development clinical director lead leads head chief
    executive board charge call said told asked says will can would could should must shall
    might did does do about after before because just very really never always sometimes often
    here there now still even only more most some any every many much few freedom speak guardian
    guardians union unions unison rcn bma nmc cqc datix esr systmone rio emis monday tuesday
    wednesday thursday friday saturday sunday christmas easter english british welsh scottish
    irish polish indian african filipino chinese nigerian romanian please thanks thank
    """
)

#: Departments: 'ask X from pharmacy'.
DEPARTMENTS = word_set(
    """
    infection tissue safeguarding governance quality learning development practice medical
    surgical paediatrics critical community district outreach palliative rehab dietetics therapy
    transport security maintenance bank agency bookings appointments records stroke renal
    respiratory cardiac mortuary chaplaincy hr it pharmacy theatres theatre radiology physio ot
    ward icu itu ed payroll recruitment estates procurement finance recovery outpatients
    maternity paeds gynae endoscopy labs pathology admin reception facilities switchboard
    triage clinic clinics imaging antenatal postnatal labour discharge
    education library training occupational oncology cardiology neuro ccu hdu nicu scbu majors
    minors resus stores portering housekeeping catering domestics upstairs nights days kitchen
    office desk post lab shop gym canteen laundry admissions
    """
)

#: 'my name is', 'regards,'.
SIGNED = word_set("regards sincerely love xx xxx from signed yours cheers thanks")
