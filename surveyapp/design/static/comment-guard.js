// While somebody writes a comment, says politely that a name or a number in it may point to a person. It all
// happens on this device: nothing is sent, kept or blocked, and redaction at the server trusts none of it.
const words = document.querySelector("script[data-guard]").dataset;

// Milliseconds without a key before it speaks, so that a screen reader is not talked over.
const PAUSE = 900;

// Given names that are no words and rarely places. Those that are words (Will, Grace, Hope) need a title or a
// family name beside them.
const GIVEN = new Set(
  `aaron abdul abdullah abena abigail adam adaobi adele adrian adwoa agnes agnieszka ahmed aidan aisha akua alan
  alex alice alicia alison amanda amandeep amara ameen amelia amina amit amy ana anastasia andre andrea andrew
  andrzej angela angharad anil anita anjali anna anne anne-marie annette anthony antonio anya arif arjun arthur
  asha ashok asif ayesha ayo babajide balwinder barbara beata becky ben benjamin bernadette beth bethan beverley
  bogdan brenda brian bronwen bryn bukola callum camille cara caroline carys catherine ceri chandra chantelle
  charlotte chiamaka chidi chinedu chinonso chipo chloe chris christina christine chukwuemeka claire clare colin
  craig cristina daniel danielle danuta darren david dawid debbie deborah deepa deepak deepika denise derek
  desmond dewi diana diane dilys dimitri dominic donna doreen dorota duncan dylan ebele eileen eilidh elaine
  eleanor elena eleri elin ellen ellie eluned emeka emily emma emmanuel eric erin esther ewa farah farhan fatima
  femi ffion fiona folasade gareth gary gavin gemma geoff geoffrey georgia geraint gillian glenys gordon graham
  greg gurpreet gwen hamish hamza hannah harpreet harriet harry hassan hayley helen helena hussain iain ian
  ibrahim ifeanyi ifeoma imran ioan irene isaac isabel ivana jacqueline jade jake jamal jamie jane janet janice
  jasmine jason jaspreet javed jayne jeff jennifer jenny jeremy jessica jill joan joanna joanne joao joe joel
  jonathan jorge jose joseph josh joshua joyce juan judith julia julian julie kamal karen karl kasia katarzyna
  kate katherine kathleen kathryn katie kavita kayleigh keeley keith kelly kemi kerry kevin khadija kim kirsty
  kofi krzysztof kudzai kumar kwabena kwame lakshmi laura lauren leah leanne lesley liam linda lisa lorna
  lorraine louise lowri lucy luis lynn lynne maciej magdalena mahmoud malcolm malgorzata mandy manjit marcin
  maria mariam marian maricel marie marta martin maryam matthew maureen meera megan mehmet mei melanie mercedes
  michael michelle miroslav mohamed mohammad mohammed monika muhammad nadia nancy naomi nasreen natalie natasha
  navdeep neil ngozi nia niamh nicola nicole nigel nikhil nina nkechi norma nyasha obinna oksana olena olga
  olivia olu oluwaseun omar omolara owain pamela parveen patricia patrick paul paula pauline pawel piotr pooja
  preethi priya rachel rahul raj rajesh rajinder ramesh rashid ravi rebecca rekha reshma rhian rhiannon rhodri
  rhys richard rita robert roger ronald rosalinda rosemary roshni ruth ryan sabina sadia saima sally salma sam
  samantha samira samuel sandeep sandhya sandra sanjay sanjeev sara sarah sean seema shabana shabnam shanice
  sharon shaun sheena sheila shilpa shirley shona shreya simon simran sinazo sinead siobhan sioned sofia sofie
  sonia sophie stacey stephanie stephen steve steven stuart sukhdeep sunil sunita suresh susan suzanne svetlana
  tamara tanisha tanya tariq tatenda temitope tendai teresa thandiwe theresa tim timothy tina tom tomasz toni
  tony tracey tracy trevor tunde uche usha valerie vanessa veronica vicky vijay vikram vinod wayne wendy
  wojciech yasmin yaw yetunde yusuf yvonne zainab zara zoe zofia`.split(/\s+/),
);
const ALSO_WORDS = new Set(
  `amber art bill blessing bob carol comfort daisy dawn dean eve faith frank gene glen grace grant heather holly hope
  iris ivy jack joy lily mark max mercy nick norman pat patience penny precious ray rich rob robin rose ruby sue
  victor violet will`.split(/\s+/),
);

// What a name in front of it belongs to: wards, hospitals, rules and trainings that are called after somebody.
const PLACES = new Set(
  `adeilad adran ambiwlans award birthing building cafe campus canolfan centre charity clinic clinig coleg college
  corridor course department fellowship foundation hosbis hospice hospital house infirmary inquiry institute law
  lecture lodge mandatory meddygfa model nightingale programme project report review rhaglen road room rounds
  rule scheme school seacole street suite surgery theatre theatres training trust uned unit university ward
  wards wing ysbyty`.split(/\s+/),
);
const BEFORE_PLACES = new Set("king lady queen royal saint st sant the ward ysbyty y yr".split(" "));

// Capitals that follow a title or 'my manager' and are nobody's name.
const NO_NAMES = new Set(
  `a&e always and april associate august band bank but charge christmas consultant could covid cqc datix december
  director down easter educator ehr english excel facebook february friday god google had has hca he her his i'd
  i'll i'm i've icu if in is it itu january july june lead leads led manager managers march may monday never nhs
  nmc not november october our outlook post-it practitioner practitioners rcn role saturday september she sister
  so specialist specialists sunday team teams that the they this thursday trainee trust tuesday unit ward was we
  wednesday welsh whatsapp when who zoom`.split(/\s+/),
);

const WORD = "\\p{L}[\\p{L}\\p{M}’'-]*";
const CAPITAL = "\\p{Lu}[\\p{L}\\p{M}’'-]*\\p{Ll}[\\p{L}\\p{M}’'-]*";
const TITLE = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:Mrs?|Ms|Miss|Mx|Dr|Doctor|Prof|Professor|Sister|Nurse|Matron|Nyrs|Athro)\\.? (${CAPITAL})`,
  "gu",
);
const ROLE =
  "(?:line |ward |team |charge |practice |clinical |deputy )?(?:manager|mentor|supervisor|boss|colleague|preceptor|" +
  "leader|lead|matron|consultant|educator|assessor|tutor|buddy|nurse|sister|director|rheolwr|goruchwyliwr|cydweithiwr)";
const RELATION = new RegExp(`(?<![\\p{L}\\p{N}])(?:my|our|the|fy|ein) ${ROLE},? (${WORD})`, "giu");
// Words that mostly people follow. A capital after one of them is a name unless it is a known other thing.
const BESIDE_WORDS = "told|asked|tell|ask|thank|thanks to|thank you to|called|named|beside|by|with|apart from|except";
const BESIDE = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${BESIDE_WORDS}) (${CAPITAL})(?![\\p{L}\\p{N}])`,
  "gu",
);
const TOKEN = new RegExp(WORD, "gu");

const WHOLE_CAPITAL = new RegExp(`^${CAPITAL}$`, "u");

const plain = (word) => word.toLowerCase().replace(/’/g, "'").replace(/'s$|'+$/, "");
const isCapital = (word) => WHOLE_CAPITAL.test(word);

const isNobody = (word) => NO_NAMES.has(plain(word)) || PLACES.has(plain(word));
const firstOf = (matches, isName) => [...matches].find((match) => isName(match[1]));

// Whether what stands before and after a name makes it that of a place or a thing: St Mary’s, Ellen Badger Hospital.
const isOfPlace = (tokens, place) => {
  if (place && BEFORE_PLACES.has(plain(tokens[place - 1][0]))) return true;
  for (const [word] of tokens.slice(place + 1, place + 4)) {
    if (PLACES.has(plain(word))) return true;
    if (!isCapital(word)) return false;
  }
  return false;
};

// A word of the list of given names, or one that is a word as well with a family name after it.
const givenName = (text) => {
  const tokens = [...text.matchAll(TOKEN)];
  for (const [place, { 0: word, index }] of tokens.entries()) {
    if (!isCapital(word) || isOfPlace(tokens, place)) continue;
    if (GIVEN.has(plain(word))) return word;
    const isFirst = !/[\p{L}\p{N},;)’'"&-][ \t]*$/u.test(text.slice(0, index));
    const next = tokens[place + 1];
    const isBeside = next && text.slice(index + word.length, next.index) === " ";
    if (!isFirst && isBeside && ALSO_WORDS.has(plain(word)) && isCapital(next[0]) && !NO_NAMES.has(plain(next[0]))) {
      return `${word} ${next[0]}`;
    }
  }
  return "";
};

const name = (text) =>
  firstOf(text.matchAll(TITLE), (word) => !isNobody(word))?.[0] ??
  firstOf(text.matchAll(RELATION), (word) => !isNobody(word) && (isCapital(word) || GIVEN.has(plain(word))))?.[1] ??
  firstOf(text.matchAll(BESIDE), (word) => !isNobody(word))?.[1] ??
  givenName(text);

const email = (text) => text.match(/[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u)?.[0] ?? "";

// The tenth digit of an NHS number checks the nine before it (modulo 11).
const isNhsNumber = (digits) => {
  if (!/^[1-9]\d{9}$/.test(digits)) return false;
  const sum = [...digits.slice(0, 9)].reduce((all, digit, place) => all + digit * (10 - place), 0);
  return (11 - (sum % 11)) % 11 === Number(digits[9]);
};
const isTelephone = (written, digits) =>
  written.startsWith("+") ? /^\d{9,14}$/.test(digits) : /^0[1-9]\d{8,9}$/.test(digits);

const number = (text, isKind) => {
  for (const [written] of text.matchAll(/(?<![\p{L}\d])\+?\(?\d(?:[ .()-]{0,2}\d){8,14}(?![\p{L}\d])/gu)) {
    if (isKind(written, written.replace(/\D/g, "").replace(/^(?:00)?440?(?=\d{10}$)/, "0"))) return written;
  }
  return "";
};

// What it says of a text: a sentence for each kind that it spots, and what is asked; nothing if there is none.
const advice = (text) => {
  const spotted = [
    [words.name, name(text)],
    [words.email, email(text)],
    [words.nhs, number(text, (_written, digits) => isNhsNumber(digits))],
    [words.telephone, number(text, isTelephone)],
  ].filter(([, found]) => found);
  return spotted.length ? [...spotted.map(([says, found]) => says.replace("{found}", found)), words.ask].join(" ") : "";
};

for (const box of document.querySelectorAll("textarea.nhsuk-js-character-count")) {
  const said = document.createElement("div");
  said.id = `${box.id}-guard`;
  said.className = "lp-guard";
  said.setAttribute("role", "status"); // a polite live region
  box.after(said);
  box.setAttribute("aria-describedby", `${box.getAttribute("aria-describedby") ?? ""} ${said.id}`.trim());
  let waiting = 0;
  const speak = () => {
    const now = advice(box.value.normalize("NFC"));
    if (said.textContent !== now) said.textContent = now;
  };
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(speak, PAUSE);
  });
  speak(); // a comment that came back with the page
}
