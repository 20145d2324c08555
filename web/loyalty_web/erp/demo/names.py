"""Invented people for the households of the demo: Ukrainian names, telephone numbers, birthdays.

All is drawn from a hash of seed and household, so that the same household is the same person in every run and on every
machine; no release of a library can change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text: a list of names reads best as one."""
    return tuple(text.split())


FEMALE = _words("""
    Аліна Анастасія Богдана Валентина Вікторія Віра Галина Ганна Дарина Дарія Євгенія Єлизавета Злата Зоряна
    Іванна Ірина Катерина Квітослава Леся Лідія Любов Людмила Марія Марта Мар’яна Мирослава Надія Наталія Оксана
    Олена Олеся Роксолана Світлана Соломія Софія Стефанія Тетяна Уляна Христина Юлія Ярослава
""")

MALE = _words("""
    Андрій Арсен Артем Богдан Василь Віталій Володимир Всеволод Гліб Григорій Данило Дем’ян Дмитро Євген Захар
    Іван Ігор Кирило Левко Любомир Максим Матвій Микола Мирослав Михайло Назар Олександр Олексій Омелян Орест
    Остап Павло Петро Роман Святослав Сергій Степан Тарас Юрій Юхим Ярослав
""")

FAMILY = _words("""
    Бабенко Білий Бондаренко Василенко Вишневський Возняк Гаврилюк Гайовий Гнатів Гнатюк Гончар Гончаренко
    Ґалаґан Ґедзь Ґудзь Дем’яненко Демчук Дмитрів Дорошенко Дяченко Єременко Єрмоленко Єфименко Жук Заболотний
    Зелений Зінченко Іваненко Іванчук Іщенко Їжакевич Карпенко Кириленко Клименко Климчук Коваленко Ковальський
    Ковальчук Козак Костюк Кравець Кравченко Кузьменко Кульчицький Кучер Левицький Левченко Лисенко Литвиненко
    Лісовий Лозинський Лук’яненко Мазепа Мазур Макаренко Мартинюк Марченко Матвієнко Мельник Мельничук Мороз
    Нагірний Назаренко Недашківський Нечай Олійник Онищенко Остапчук Павленко Палій Панченко Петрів Петренко
    Пилипенко Поліщук Приходько Прокопенко Радченко Романюк Руденко Савченко Садовий Семенюк Сірко Скрипник
    Сковорода Соловей Степаненко Стеценко Тарасюк Терещенко Тимошенко Ткаченко Федоренко Харченко Хоменко
    Цимбалюк Чайківський Чорний Шаповал Швець Шевченко Шевчук Щербак Юрченко Юхименко Яворський Яковенко
    Яременко Ярошенко Яцків
""")
"""Family names as men bear them."""

FIRST_BIRTHDAY = date(1940, 1, 1)
LAST_BIRTHDAY = date(2004, 12, 31)

NOWHERE = "+3802"
"""How every number begins. In Ukraine none does so, hence a message sent by mistake reaches nobody."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who a household is in the demo; `phone` is in international form, without spaces."""

    given_name: str
    family_name: str
    phone: str
    birthday: date

    @property
    def name(self) -> str:
        """Return given and family name, as people say them."""
        return f"{self.given_name} {self.family_name}"


def invent(seed: str, household: str) -> Person:
    """Return the person of a household: always the same for the same seed."""
    draw = _Draw(f"person:{seed}:{household}")
    is_woman = draw.below(2) == 0
    given_names = FEMALE if is_woman else MALE
    family_name = FAMILY[draw.below(len(FAMILY))]
    return Person(
        given_name=given_names[draw.below(len(given_names))],
        family_name=womans(family_name) if is_woman else family_name,
        phone=f"{NOWHERE}{draw.below(10**8):08d}",
        birthday=FIRST_BIRTHDAY + timedelta(days=draw.below((LAST_BIRTHDAY - FIRST_BIRTHDAY).days + 1)),
    )


def womans(family_name: str) -> str:
    """Return a family name as a woman bears it: those that are adjectives change, others do not."""
    return f"{family_name[:-2]}а" if family_name.endswith("ий") else family_name


class _Draw:
    """Numbers taken one after another from one hash; its 256 bits suffice for a person many times over."""

    def __init__(self, text: str) -> None:
        self._left = int.from_bytes(sha256(text.encode()).digest())

    def below(self, bound: int) -> int:
        """Return a number from 0 to `bound` - 1."""
        self._left, number = divmod(self._left, bound)
        return number
