import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.discord.command_rules import command_length, commands_problems, is_command_name
from sandbox.discord.components import component_problems
from sandbox.discord.errors import Problem, invalid_form_body
from sandbox.discord.rules import (
    autocomplete_problems,
    embed_length,
    is_empty,
    message_problems,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


def codes(problems):
    return [problem.code for problem in problems]


def embed(**parts):
    return {"embeds": [{"title": "t"} | parts]}


@pytest.mark.parametrize(
    ("make", "limit", "path"),
    [
        (lambda text: {"content": text}, 2_000, "content"),
        (lambda text: embed(title=text), 256, "embeds.0.title"),
        (lambda text: embed(description=text), 4_096, "embeds.0.description"),
        (lambda text: embed(footer={"text": text}), 2_048, "embeds.0.footer.text"),
        (lambda text: embed(author={"name": text}), 256, "embeds.0.author.name"),
        (
            lambda text: embed(fields=[{"name": text, "value": "v"}]),
            256,
            "embeds.0.fields.0.name",
        ),
        (
            lambda text: embed(fields=[{"name": "n", "value": text}]),
            1_024,
            "embeds.0.fields.0.value",
        ),
    ],
)
@pytest.mark.parametrize("character", ["x", "\N{CHART WITH DOWNWARDS TREND}"])
def test_each_text_has_its_limit_in_code_points(make, limit, path, character):
    assert message_problems(make(character * limit)) == []
    [problem] = message_problems(make(character * (limit + 1)))
    assert problem == Problem(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


@pytest.mark.parametrize("part", ["name", "value"])
@pytest.mark.parametrize("text", ["", " \n", None])
def test_a_field_needs_a_name_and_a_value(part, text):
    field = {"name": "n", "value": "v"} | {part: text}
    [problem] = message_problems(embed(fields=[field]))
    assert (problem.path, problem.code) == (f"embeds.0.fields.0.{part}", "BASE_TYPE_REQUIRED")


def test_lists_have_their_limits():
    field = {"name": "n", "value": "v"}
    assert message_problems(embed(fields=[field] * 25)) == []
    assert codes(message_problems(embed(fields=[field] * 26))) == ["BASE_TYPE_MAX_LENGTH"]
    assert message_problems({"embeds": [{"title": "t"}] * 10}) == []
    assert codes(message_problems({"embeds": [{"title": "t"}] * 11})) == ["BASE_TYPE_MAX_LENGTH"]


def test_an_embed_must_show_something():
    assert codes(message_problems({"embeds": [{"type": "rich", "color": 1}]})) == [
        "BASE_TYPE_REQUIRED"
    ]


def test_a_text_that_is_none_is_told_apart_from_a_wrong_type():
    assert message_problems({"content": None, "embeds": None}) == []
    assert codes(message_problems({"content": ["x"]})) == ["STRING_TYPE_CONVERT"]


@given(st.lists(TEXT, min_size=6, max_size=6))
def test_the_length_of_an_embed_is_that_of_its_six_kinds_of_text(texts):
    title, description, footer, author, name, value = texts
    one = {
        "title": title,
        "description": description,
        "url": "https://not.counted",
        "footer": {"text": footer, "icon_url": "https://not.counted"},
        "author": {"name": author},
        "fields": [{"name": name, "value": value}],
    }
    assert embed_length(one) == sum(map(len, texts))


@given(st.lists(st.integers(1, 4_096), min_size=1, max_size=5))
def test_the_sum_over_all_embeds_decides(lengths):
    body = {"embeds": [{"description": "x" * length} for length in lengths]}
    too_large = "MAX_EMBED_SIZE_EXCEEDED" in codes(message_problems(body))
    assert too_large == (sum(lengths) > 6_000)


@pytest.mark.parametrize(
    ("body", "has_files", "expected"),
    [
        ({}, False, True),
        ({"content": " "}, False, True),
        ({"content": None, "embeds": []}, False, True),
        ({"content": "x"}, False, False),
        ({"embeds": [{"title": "x"}]}, False, False),
        ({"components": [{}]}, False, False),
        ({}, True, False),
    ],
)
def test_an_empty_message_shows_nothing(body, has_files, expected):
    assert is_empty(body, has_files) is expected


def button(**parts):
    return {"type": 2, "style": 1, "label": "b", "custom_id": "b"} | parts


def row(*components):
    return {"type": 1, "components": list(components)}


def menu(count=1, **parts):
    options = [{"label": str(n), "value": str(n)} for n in range(count)]
    return {"type": 3, "custom_id": "m", "options": options} | parts


GOOD_ROWS = [
    [row(*(button(custom_id=str(n)) for n in range(5)))],
    [row(menu(25))],
    [row(button(style=5, custom_id=None, url="https://a.example"))],
    [row(button(label="x" * 80, custom_id="x" * 100))],
    [row(button(custom_id=str(n))) for n in range(5)],
]
BAD_ROWS = [
    ([row(*(button(custom_id=str(n)) for n in range(6)))], "BASE_TYPE_BAD_LENGTH"),
    ([row(button(custom_id=str(n))) for n in range(6)], "BASE_TYPE_BAD_LENGTH"),
    ([row()], "BASE_TYPE_BAD_LENGTH"),
    ([row(button(), button())], "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ([row(button()), row(menu(custom_id="b"))], "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ([row(button(label="x" * 81))], "BASE_TYPE_MAX_LENGTH"),
    ([row(button(custom_id="x" * 101))], "BASE_TYPE_MAX_LENGTH"),
    ([row(button(custom_id=""))], "BASE_TYPE_REQUIRED"),
    ([row(button(style=5, url=None))], "BASE_TYPE_REQUIRED"),
    ([row(button(label=None))], "BUTTON_COMPONENT_INVALID"),
    ([row(menu(26))], "BASE_TYPE_BAD_LENGTH"),
    ([row(menu(0))], "BASE_TYPE_BAD_LENGTH"),
    ([row(menu(placeholder="x" * 151))], "BASE_TYPE_MAX_LENGTH"),
    ([row(menu(), button())], "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    (
        [row(menu(options=[{"label": "a", "value": "v"}] * 2))],
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
]


@pytest.mark.parametrize("components", GOOD_ROWS)
def test_good_components_pass(components):
    assert component_problems(components) == []


@pytest.mark.parametrize(("components", "code"), BAD_ROWS)
def test_bad_components_are_found(components, code):
    assert codes(component_problems(components)) == [code]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("market", True),
        ("märkte", True),
        ("市場", True),
        ("ตลาด", True),
        ("a-b_c'd1", True),
        ("x" * 32, True),
        ("x" * 33, False),
        ("", False),
        ("Market", False),
        ("Ä", False),
        ("two words", False),
        ("a/b", False),
        ("a.b", False),
        ("🚀", False),
    ],
)
def test_names_of_commands(name, expected):
    assert is_command_name(name) is expected


def command(**parts):
    return {"name": "market", "description": "d"} | parts


def option(**parts):
    return {"type": 3, "name": "asset", "description": "d"} | parts


def choices(count, **parts):
    return [{"name": str(n), "value": str(n)} | parts for n in range(count)]


@pytest.mark.parametrize(
    "definition",
    [
        command(),
        command(description="d" * 100),
        command(options=[option(required=True), option(name="b")]),
        command(options=[option(name=f"o{n}") for n in range(25)]),
        command(options=[option(choices=choices(25))]),
        command(type=3, name="Check market claims", description=""),
        command(options=[{"type": 1, "name": "sub", "description": "d", "options": [option()]}]),
    ],
)
def test_good_definitions_pass(definition):
    assert commands_problems([definition]) == []


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        (command(name="Market"), "APPLICATION_COMMAND_INVALID_NAME"),
        (command(name_localizations={"de": "Markt"}), "APPLICATION_COMMAND_INVALID_NAME"),
        (command(description=""), "BASE_TYPE_REQUIRED"),
        (command(description=None), "BASE_TYPE_REQUIRED"),
        (command(description="d" * 101), "BASE_TYPE_MAX_LENGTH"),
        (command(description_localizations={"de": "d" * 101}), "BASE_TYPE_MAX_LENGTH"),
        (command(type=3, description="d"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION"),
        (command(options=[option(name=f"o{n}") for n in range(26)]), "BASE_TYPE_MAX_LENGTH"),
        (command(options=[option(), option()]), "APPLICATION_COMMAND_OPTIONS_NAME_UNIQUE"),
        (
            command(options=[option(), option(name="b", required=True)]),
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        (command(options=[option(choices=choices(26))]), "BASE_TYPE_MAX_LENGTH"),
        (command(options=[option(choices=choices(1, name=""))]), "BASE_TYPE_REQUIRED"),
        (command(options=[option(choices=choices(1, value="v" * 101))]), "BASE_TYPE_MAX_LENGTH"),
        (
            command(options=[option(choices=choices(1), autocomplete=True)]),
            "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES",
        ),
    ],
)
def test_bad_definitions_are_found(definition, code):
    assert codes(commands_problems([definition])) == [code]


def test_names_are_unique_among_commands_of_a_type():
    assert commands_problems([command(), command(type=3, description="")]) == []
    found = commands_problems([command(), command()])
    assert codes(found) == ["APPLICATION_COMMANDS_DUPLICATE_NAME"]


def test_100_chat_commands_are_the_most():
    many = [command(name=f"c{n}") for n in range(101)]
    assert commands_problems(many[:100]) == []
    assert codes(commands_problems(many)) == ["BASE_TYPE_MAX_LENGTH"]


def test_a_command_is_too_large_above_8000_characters_with_its_choices():
    filler = [option(name=f"o{n:02}", description="d" * 97, choices=choices(25)) for n in range(25)]
    size = command_length(command(options=filler))
    assert size == 6 + 1 + 25 * (3 + 97 + 2 * (10 + 2 * 15))
    grown = [one | {"choices": choices(25, value="v" * 50)} for one in filler]
    assert codes(commands_problems([command(options=grown)])) == ["APPLICATION_COMMAND_TOO_LARGE"]


def test_of_localizations_the_longest_counts():
    assert command_length(command(name_localizations={"de": "n" * 10, "fr": "n"})) == 11


def test_an_autocomplete_answer_has_25_choices_at_most():
    assert autocomplete_problems({"choices": choices(25)}) == []
    assert codes(autocomplete_problems({"choices": choices(26)})) == ["BASE_TYPE_MAX_LENGTH"]
    assert codes(autocomplete_problems({"choices": choices(1, name="n" * 101)})) == [
        "BASE_TYPE_MAX_LENGTH"
    ]


def test_problems_are_told_under_their_path():
    problems = [Problem("embeds.0.title", "A", "a"), Problem("embeds", "B", "b")]
    assert invalid_form_body(problems).payload() == {
        "message": "Invalid Form Body",
        "code": 50035,
        "errors": {
            "embeds": {
                "_errors": [{"code": "B", "message": "b"}],
                "0": {"title": {"_errors": [{"code": "A", "message": "a"}]}},
            }
        },
    }
