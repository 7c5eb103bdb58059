"""The organisation that `make run` shows: invented people, waves that ran the real way.

Its comments were written for this project, most of them also among those that the model was
trained on, so how well it reads them here says nothing about how well it reads others.
"""
