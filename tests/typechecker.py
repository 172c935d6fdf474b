"""How strictly signatures are checked in the tests: where a float is asked for, an int will do (PEP 484)."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
