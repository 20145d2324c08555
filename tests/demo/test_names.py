"""Invented people: the same in every run, Ukrainian, and reachable by nobody."""

from __future__ import annotations

import re
from datetime import date

import pytest

from loyalty_web.erp.demo.names import FAMILY, FEMALE, MALE, Person, invent, womans

UKRAINIAN = re.compile(r"[АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЮЯ][абвгґдеєжзиіїйклмнопрстуфхцчшщьюя’]+")
EVERYBODY = [str(household) for household in range(1, 2_501)]


def test_a_household_is_the_same_person_in_every_run():
    assert invent("seed", "900") == Person("Андрій", "Коваленко", "+380203055637", date(1946, 10, 18))


def test_another_seed_or_household_is_another_person():
    assert len({invent("seed", "900"), invent("other", "900"), invent("seed", "901")}) == 3


def test_there_are_names_enough_and_none_twice():
    assert len(set(FEMALE) | set(MALE)) == len(FEMALE) + len(MALE) >= 60
    assert len(set(FAMILY)) == len(FAMILY) >= 80


@pytest.mark.parametrize("name", FEMALE + MALE + FAMILY)
def test_a_name_is_written_with_ukrainian_letters_only(name):
    assert UKRAINIAN.fullmatch(name)


def test_the_letters_of_ukrainian_alone_occur():
    assert set("ґєії’") <= set("".join(FEMALE + MALE + FAMILY).lower())


@pytest.mark.parametrize(
    ("his", "hers"),
    [
        ("Вишневський", "Вишневська"),
        ("Левицький", "Левицька"),
        ("Чорний", "Чорна"),
        ("Палій", "Палій"),
        ("Соловей", "Соловей"),
        ("Коваленко", "Коваленко"),
        ("Петрів", "Петрів"),
    ],
)
def test_a_woman_bears_the_womans_form(his, hers):
    assert womans(his) == hers


def test_given_and_family_name_agree():
    people = [invent("seed", household) for household in EVERYBODY]
    women = [person for person in people if person.given_name in FEMALE]
    men = [person for person in people if person.given_name in MALE]
    assert len(women) + len(men) == len(people)
    assert min(len(women), len(men)) > len(people) * 0.45
    assert not [person.name for person in women if person.family_name.endswith("ий")]
    assert not [person.name for person in men if person.family_name not in FAMILY]


def test_telephone_numbers_are_whole_nobodys_and_not_shared():
    phones = [invent("seed", household).phone for household in EVERYBODY]
    # After +380 a Ukrainian number begins with 3 to 9.
    assert all(re.fullmatch(r"\+3802\d{8}", phone) for phone in phones)
    assert len(set(phones)) == len(phones)


def test_birthdays_are_of_grown_people_and_spread_over_the_year():
    birthdays = [invent("seed", household).birthday for household in EVERYBODY]
    assert date(1940, 1, 1) <= min(birthdays) < max(birthdays) <= date(2004, 12, 31)
    assert len({(day.month, day.day) for day in birthdays}) > 350
