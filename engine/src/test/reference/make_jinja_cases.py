"""Makes the expected results of chat templates, with jinja2 3.1.6 configured as transformers configures it.

  make_jinja_cases.py expect FILE               fills in "want" or "error" of every case of a file in src/test/resources/jinja
  make_jinja_cases.py random SEED COUNT FILE    writes COUNT small random templates with what jinja2 makes of them

A file is a list of cases {name, template, ctx}, or an object: {templates, conversations, cases} where cases name both, or
{ctx, cases} where all cases have the same variables.
"""

import copy
import datetime
import json
import random
import sys
import warnings

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2026, 11, 24, 3, 4, 5)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


ENVIRONMENT = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
ENVIRONMENT.filters["tojson"] = tojson
ENVIRONMENT.globals["raise_exception"] = raise_exception
ENVIRONMENT.globals["strftime_now"] = lambda format: NOW.strftime(format)


def render(template, variables):
    try:
        return {"want": ENVIRONMENT.from_string(template).render(**copy.deepcopy(variables))}
    except Exception as e:
        return {"error": type(e).__name__ + ": " + str(e)}


def expect(path):
    with open(path) as f:
        file = json.load(f)
    for case in file if isinstance(file, list) else file["cases"]:
        template, variables = case["template"], case.get("ctx")
        if "templates" in file:
            template, variables = file["templates"][template], {**TOKENS, **file["conversations"][variables]}
        elif "ctx" in file:
            variables = file["ctx"]
        case.pop("want", None)
        case.pop("error", None)
        case.update(render(template, variables))
    with open(path, "w") as f:
        json.dump(file, f, ensure_ascii=False, indent=1)


# variables of the random templates
CTX = {
    "messages": [
        {"role": "system", "content": " Be terse. "},
        {"role": "user", "content": "Hi <b> & 'q' é日本😀"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "abc", "function": {"name": "f", "arguments": {"x": 1, "y": [1.5, True, None]}}}],
        },
        {"role": "user", "content": [{"type": "text", "text": "multi\nline  text\n"}, {"type": "image"}]},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get",
                "parameters": {
                    "type": "object",
                    "properties": {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}},
                    "required": ["a"],
                },
            },
        }
    ],
    "n": 7,
    "neg": -3,
    "f": 2.5,
    "big": 123456789012345678901234567890,
    "s": "Hello World",
    "t": "  pad\t",
    "e": "",
    "u": "ÄÖß ǅ é",
    "l": [3, 1, 2],
    "ls": ["b", "A", "c"],
    "d": {"b": 1, "a": 2, "items": 3},
    "nn": None,
    "yes": True,
    "no": False,
    "mixed": [1, "a", None, 2.0, [1], {"k": "v"}],
    "add_generation_prompt": True,
    "bos_token": "<s>",
    "eos_token": "</s>",
}
R = random.Random()
names = list(CTX) + [
    "undef",
    "x",
    "y",
    "messages[0]",
    "messages[1].content",
    "messages[-1]['content']",
    "messages[2].tool_calls[0].function",
    "d.b",
    "d['a']",
    "d.items",
    "undef2",
    "tools[0].function.parameters",
]
strs = [
    "''",
    "'a'",
    '"b\'c"',
    "'a,b,,c'",
    "'  x y  '",
    "'é😀z'",
    "'\\n'",
    "'Hello World'",
    "'12'",
    "'-3.5'",
    "'abcabc'",
    "'%s|%r'",
    "'{}-{}'",
    "'a\\tb'",
    "'HeLLo wOrld-foo bar'",
]
nums = ["0", "1", "2", "-1", "3", "10", "2.5", "1e3", "0.1", "100", "7", "1_000", "1e20", "-2.0"]


def lit(d):
    c = R.random()
    if c < 0.3:
        return R.choice(strs)
    if c < 0.55:
        return R.choice(nums)
    if c < 0.62:
        return R.choice(["true", "false", "none"])
    if d <= 0:
        return R.choice(names)
    if c < 0.72:
        return "[" + ", ".join(ex(d - 1) for _ in range(R.randrange(4))) + "]"
    if c < 0.8:
        return (
            "{"
            + ", ".join(
                R.choice(["'a'", "'b'", "1", "'k'", "2.5", "none", "true"]) + ": " + ex(d - 1)
                for _ in range(R.randrange(3))
            )
            + "}"
        )
    if c < 0.86:
        return "(" + ", ".join(ex(d - 1) for _ in range(R.randrange(2, 4))) + ")"
    return R.choice(names)


filters = [
    "upper",
    "lower",
    "trim",
    "title",
    "capitalize",
    "length",
    "count",
    "list",
    "first",
    "last",
    "string",
    "tojson",
    "tojson(indent=2)",
    "tojson(sort_keys=true)",
    "tojson(ensure_ascii=true)",
    "tojson(separators=(',',':'))",
    "int",
    "float",
    "int(5)",
    "float(1.5)",
    "abs",
    "round",
    "round(1)",
    "round(2,'floor')",
    "round(1,'ceil')",
    "reverse|list",
    "reverse",
    "sort",
    "sort(reverse=true)",
    "sort(attribute='role')",
    "unique|list",
    "sum",
    "min",
    "max",
    "join",
    "join(', ')",
    "join('-', attribute='role')",
    "map('upper')|list",
    "map(attribute='role')|list",
    "map('string')|join",
    "map('tojson')|join(';')",
    "select|list",
    "select('string')|list",
    "reject('none')|list",
    "selectattr('role','equalto','user')|list|length",
    "rejectattr('role','==','user')|map(attribute='role')|list",
    "default('D')",
    "default('D',true)",
    "d(1)",
    "replace('a','b')",
    "replace('l','L',1)",
    "replace('','.')",
    "indent",
    "indent(2,true)",
    "indent(3,blank=true)",
    "batch(2)|list",
    "batch(2,'f')|list",
    "slice(2)|list",
    "slice(3,'f')|list",
    "dictsort",
    "dictsort(reverse=true)",
    "dictsort(by='value')",
    "items|list",
    "groupby('role')",
    "groupby('role')|map(attribute='list')|map('length')|list",
    "wordcount",
    "truncate(5)",
    "truncate(5,true,'',0)",
    "center(12)",
    "format('a','b')",
    "trim('x ')",
    "map('length')|list",
    "map('default','z')|list",
    "select('defined')|list",
    "map(attribute='content')|list",
    "map(attribute='x.y',default='no')|list",
    "select('in',[1,2,'a'])|list",
    "urlencode",
    "pprint",
    "sum(start=2)",
    "join('')",
    "string|length",
    "list|tojson",
    "escape",
    "reverse|join",
    "map('int')|sum",
    "map('first')|list",
    "max(attribute='role')",
    "unique(case_sensitive=true)|join",
]
tests = [
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "integer",
    "float",
    "boolean",
    "true",
    "false",
    "mapping",
    "iterable",
    "sequence",
    "callable",
    "odd",
    "even",
    "divisibleby(3)",
    "divisibleby 2",
    "eq 1",
    "equalto 'a'",
    "ne 2",
    "gt 1",
    "ge 2.5",
    "lt 3",
    "le 0",
    "in [1,2,'a']",
    "sameas none",
    "sameas true",
    "lower",
    "upper",
    "escaped",
    "== 1",
    "filter",
    "test",
]
tests = [t for t in tests if not t.startswith("==")]
methods = [
    "upper()",
    "lower()",
    "strip()",
    "lstrip()",
    "rstrip()",
    "strip('a ')",
    "lstrip('Hab')",
    "rstrip('dc')",
    "split()",
    "split(',')",
    "split(' ',1)",
    "rsplit(' ',1)",
    "rsplit(None,1)",
    "split(None,1)",
    "splitlines()",
    "splitlines(true)",
    "startswith('a')",
    "startswith(('a','H'))",
    "endswith('d')",
    "replace('a','b')",
    "replace('a','b',1)",
    "title()",
    "capitalize()",
    "swapcase()",
    "find('l')",
    "find('l',4)",
    "rfind('l')",
    "find('')",
    "count('l')",
    "count('')",
    "index('a')",
    "isdigit()",
    "isalpha()",
    "isalnum()",
    "isspace()",
    "islower()",
    "isupper()",
    "istitle()",
    "isnumeric()",
    "join(['a','b'])",
    "join(ls)",
    "join([1])",
    "zfill(5)",
    "center(9,'*')",
    "center(8)",
    "ljust(7,'.')",
    "rjust(7)",
    "partition('l')",
    "rpartition('l')",
    "removeprefix('He')",
    "removesuffix('ld')",
    "format(1,'x')",
    "format('a',s=2)",
    "get('a')",
    "get('zz')",
    "get('zz','D')",
    "keys()",
    "values()",
    "items()",
    "keys()|list",
    "items()|list",
    "copy()",
    "append(1)",
    "pop()",
    "update({})",
    "sort()",
    "count(1)",
    "index(2)",
    "isidentifier()",
    "isascii()",
    "casefold()",
    "expandtabs(4)",
    "__class__",
    "length",
    "nothing",
    "isprintable()",
    "role",
    "content",
    "function.name",
    "is_integer()",
]


def ex(d):
    if d <= 0:
        return lit(0)
    c = R.random()
    if c < 0.22:
        return lit(d)
    if c < 0.36:
        return op(d)
    if c < 0.56:
        return f"{par(d)}|{R.choice(filters)}"
    if c < 0.66:
        return f"{par(d)} is {R.choice(['','','not '])}{R.choice(tests)}"
    if c < 0.78:
        return f"{par(d)}.{R.choice(methods)}"
    if c < 0.83:
        if R.random() < 0.5:
            return f"{par(d)}[{R.choice(['0','-1','1','5',chr(39)+'role'+chr(39),chr(39)+'a'+chr(39),'true','2.0','none'])}]"
        g = lambda: R.choice(["", "", "1", "-1", "2", "-2", "5", "0"])
        return f"{R.choice(names+strs)}[{g()}:{g()}{R.choice(['',':',':-1',':2',':-2'])}]"
    if c < 0.87:
        return f"({ex(d-1)} if {ex(d-1)} else {ex(d-1)})"
    if c < 0.89:
        return f"({ex(d-1)} if {ex(d-1)})"
    if c < 0.93:
        return f"not {par(d)}"
    if c < 0.95:
        return f"-{par(d)}"
    if c < 0.96:
        return f"{R.choice(strs)} % {par(d)}"
    if c < 0.97:
        return R.choice(
            [
                "range(3)",
                "range(1,6,2)|list",
                "range(5,0,-2)|list",
                "dict(a=1)",
                "namespace(a=1).a",
                "range(3)[1]",
                "2 in range(3)",
                "strftime_now('%d %b %Y %H:%M %A %j %y %p %-d')",
                "'%05.2f|%x|%+d|%-5s|%5s' % (2.5, 255, 3, 'a', 'b')",
                "'{0}{1!r}{0:>4}{2:.2f}{3:,}'.format('a','b',1.005,1234567)",
                "cycler('a','b').next()",
                "joiner('-')()",
                "'%(a)s' % {'a': 1}",
                "'{a[0]}{b.c}'.format(a=[1],b={'c':2})",
                "'%g %e %G' % (0.00001, 12345.678, 1e20)",
                "'{:08.3f}|{:<5}|{:^7}|{:+d}|{:x}|{:%}|{:e}|{:g}'.format(3.14159,'ab','mid',5,255,0.25,1234.5,1e-7)",
            ]
        )
    return f"({par(d)} ~ {par(d)} ~ {lit(0)})"


def par(d):
    e = ex(d - 1)
    return f"({e})" if R.random() < 0.75 else lit(0)


def op(d):
    o = R.choice(
        [
            "+",
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "**",
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "in",
            "not in",
            "and",
            "or",
            "and",
            "or",
        ]
    )
    r = ex(d - 1)
    if o == "**":
        r = R.choice(["0", "1", "2", "3", "-1", "0.5"])
    if o == "*":
        r = R.choice(["0", "1", "2", "3", "-1", "2.5", lit(0)])
    e = f"{par(d)} {o} ({r})"
    if R.random() < 0.1:
        e += f" {R.choice(['<','==','in'])} {lit(0)}"
    return e


ws = ["", "", "-", "", "+"]


def tag(s):
    return "{%" + R.choice(["", "", "-", "+"]) + " " + s + " " + R.choice(["", "", "-"]) + "%}"


def text():
    return R.choice(["", "x", " ", "\n", "a\n", "  \n  ", "\n\n  b", "  ", "<|im|>", "\t\n", " é "])


def st(d):
    c = R.random()
    if d <= 0 or c < 0.35:
        return (
            text()
            + "{{"
            + R.choice(["", "", "-"])
            + " "
            + ex(R.randrange(3))
            + " "
            + R.choice(["", "", "-"])
            + "}}"
            + text()
        )
    if c < 0.5:
        e = ""
        if R.random() < 0.3:
            e += tag("elif " + ex(1)) + bl(d - 1)
        if R.random() < 0.5:
            e += tag("else") + bl(d - 1)
        return tag("if " + ex(2)) + bl(d - 1) + e + tag("endif")
    if c < 0.7:
        it = R.choice(
            [
                "messages",
                "l",
                "ls",
                "s",
                "range(3)",
                "d",
                "d.items()",
                "tools",
                "[]",
                "mixed",
                "l|sort",
                "messages[1:]",
                "messages[::-1]",
                ex(1),
                "undef",
                "{'k':1,'j':2}.items()",
                "ls|map('lower')",
            ]
        )
        tgt = R.choice(["x", "x", "x", "y", "x, y", "m"])
        if "items()" in it and R.random() < 0.9:
            tgt = "x, y"
        cond = R.choice([""] * 4 + [" if " + ex(1), " if x", " if loop"])
        b = bl(d - 1)
        k = R.random()
        if k < 0.5:
            b += (
                "{{ "
                + R.choice(
                    [
                        "loop.index",
                        "loop.last",
                        "loop.first",
                        "loop.length",
                        "loop.revindex",
                        "loop.previtem",
                        "loop.nextitem",
                        "loop.cycle('a','b')",
                        "loop.changed(x)",
                        "loop.depth",
                        "x",
                        "y",
                        "m.role",
                        "loop.index0 % 2",
                    ]
                )
                + " }}"
            )
        if k < 0.15:
            b += tag("if loop.index == 2") + R.choice([tag("break"), tag("continue")]) + tag("endif") + text()
        if R.random() < 0.2:
            b += tag("set x = " + ex(1)) + "{{ x }}"
        return (
            tag(f"for {tgt} in {it}{cond}") + b + (tag("else") + bl(d - 1) if R.random() < 0.3 else "") + tag("endfor")
        )
    if c < 0.78:
        return tag("set " + R.choice(["x", "y", "n", "s"]) + " = " + ex(2)) + ("{{ x }}" if R.random() < 0.5 else "")
    if c < 0.81:
        return (
            tag("set ns = namespace(v=" + ex(1) + ")")
            + tag("for x in [1,2]")
            + tag("set ns.v = " + R.choice(["x", "ns.v ~ x", ex(1)]))
            + tag("endfor")
            + "{{ ns.v }}"
        )
    if c < 0.84:
        return tag("set x") + bl(d - 1) + tag("endset") + "{{ x|length }}{{ x }}"
    if c < 0.87:
        return tag("set x | upper") + bl(d - 1) + tag("endset") + "{{ x }}"
    if c < 0.91:
        m = "f%d" % R.randrange(3)
        return (
            tag(f"macro {m}(a, b={ex(0)})")
            + bl(d - 1)
            + "{{ a }}{{ b }}"
            + R.choice(["", "{{ varargs }}", "{{ kwargs }}", "{{ caller is defined }}"])
            + tag("endmacro")
            + "{{ "
            + m
            + "("
            + R.choice(["", "1", "1,2", "b=3", "1,b=2", "1,2,3", "a=1,c=2"])
            + ") }}"
        )
    if c < 0.93:
        return (
            tag("macro g(z)")
            + "[{{ caller("
            + R.choice(["", "1", "z"])
            + ") }}]"
            + tag("endmacro")
            + tag("call" + R.choice(["", "(q)", "(q=1)"]) + " g(" + ex(0) + ")")
            + bl(d - 1)
            + "{{ q }}"
            + tag("endcall")
        )
    if c < 0.95:
        return (
            tag("filter " + R.choice(["upper", "trim", "replace('a','b')", "upper|lower", "indent(2)"]))
            + bl(d - 1)
            + tag("endfilter")
        )
    if c < 0.97:
        return tag("with x = " + ex(1) + ", y = x") + bl(d - 1) + "{{ x }}" + tag("endwith")
    if c < 0.98:
        return "{#" + R.choice(["", "-"]) + " c {{ }} " + R.choice(["", "-"]) + "#}" + text()
    if c < 0.985:
        return (
            "{%"
            + R.choice(["", "-"])
            + " raw "
            + R.choice(["", "-"])
            + "%} {{ x }} {% "
            + R.choice(["", "\n"])
            + "{%"
            + R.choice(["", "-", "+"])
            + " endraw "
            + R.choice(["", "-"])
            + "%}"
            + text()
        )
    if c < 0.99:
        return tag("generation") + bl(d - 1) + tag("endgeneration")
    return (
        tag("for x in [[1,[2]],[3]] recursive")
        + "<{{ loop.depth }}{{ loop(x) if x is iterable else x }}>"
        + tag("endfor")
    )


def bl(d):
    return text() + "".join(st(d) for _ in range(R.randrange(1, 3))) + text()


def make_random(seed, count, path):
    warnings.simplefilter("ignore")
    R.seed(seed)
    cases = []
    while len(cases) < count:
        template = R.choice([lambda: "{{ " + ex(3) + " }}", lambda: bl(2), lambda: bl(1)])()
        result = render(template, CTX)
        text = result.get("want", "").lower()
        # addresses of objects are not reproducible, and most errors are the same few
        unusable = any(part in text for part in (" at 0x", "<function", "<built-in", "<bound"))
        if unusable or len(template) > 160 or len(text) > 400 or "error" in result and R.random() < 0.9:
            continue
        cases.append({"name": f"random {len(cases)}", "template": template, **result})
    with open(path, "w") as f:
        json.dump({"ctx": CTX, "cases": cases}, f, ensure_ascii=False, indent=0)


if sys.argv[1] == "expect":
    expect(sys.argv[2])
else:
    make_random(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
