package dev.gorgon.engine.text.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates and variables that try to take memory, stack or time without bound end with a clear error. */
class HostileTemplatesTest {

    /** Small limits, so that what is stopped is stopped early; the defaults are tested where that is cheap. */
    private static final Limits SMALL = new Limits(2 << 20, 1_000_000, 2_000_000, 8_000_000, 600, 100_000, 14_000);

    private static String render(String template, Map<String, ?> variables) {
        return JinjaTemplate.compile(template, SMALL, JinjaCase.CLOCK).render(variables);
    }

    private static void refused(String template, String message) {
        assertThatThrownBy(() -> render(template, Map.of()))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}",
                "{% macro m() %}{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}{% endmacro %}{{ m()|length }}",
                "{% set x %}{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}{% endset %}",
                "{% for i in [1] recursive %}{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}{% endfor %}",
            })
    void outputIsBounded(String template) {
        refused(template, "the output is too long: more than 1000000 characters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ 'x' * 10**9 }}",
                "{{ 10**18 * 'xyz' }}",
                "{{ 'x'.ljust(10**12) }}",
                "{{ 'x'.rjust(10**18, 'y') }}",
                "{{ 'x'.center(2**62) }}",
                "{{ 'x'|center(10**9) }}",
                "{{ '7'.zfill(10**9) }}",
                "{{ 'a\\nb'|indent(10**9) }}",
                "{{ ('\\n' * 100000)|indent(10000, blank=true) }}",
                "{{ '\\t'.expandtabs(10**9) }}",
                "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
                "{{ ('a' * 100000)|replace('', 'b' * 100000) }}",
                "{{ ('b' * 100000).join('x' * 1000) }}",
                "{{ range(1000)|join('x' * 100000) }}",
                "{{ [1, [2]]|tojson(indent=10**9) }}",
                "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = '%s%s' % (ns.s, ns.s) %}{% endfor %}",
                "{% set ns = namespace(s='a') %}{% for i in range(100) %}{% set ns.s = '{0}{0}'.format(ns.s) %}{% endfor %}",
                "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ ns.t }}",
                "{% set ns = namespace(t=[1]) %}{% for i in range(60) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.t|tojson }}",
            })
    void textsAreBounded(String template) {
        assertThatThrownBy(() -> render(template, Map.of()))
                .isInstanceOf(JinjaException.class)
                .hasMessageMatching("(a text of the template is too long|the template takes too much memory): .*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ [0] * 10**9 }}",
                "{{ (1, 2) * 10**15 }}",
                "{{ [1]|batch(10**9, 'x')|list }}",
                "{{ []|slice(10**9)|list }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = ns.l + [i] %}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [ns.l, 'x' * 900000 ~ i] %}{% endfor %}",
                "{% for i in range(100000) %}{% set x = range(100000)|list %}{% endfor %}",
            })
    void memoryIsBounded(String template) {
        assertThatThrownBy(() -> render(template, Map.of()))
                .isInstanceOf(JinjaException.class)
                .hasMessageMatching("the template takes too (much memory|long).*");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
                "{% for i in range(100000) %}{{ range(100000)|select('odd')|list|length > 0 and '' }}{% endfor %}",
                "{% for i in range(100000) %}{{ '' if 'b' in 'a' * 900000 }}{% endfor %}",
                "{% set s = 'a' * 900000 %}{% for i in range(100000) %}{{ '' if s.upper() else '' }}{% endfor %}",
                "{% set s = 'a' * 900000 %}{% for i in range(100000) %}{{ '' if s|length == 1 }}{% endfor %}",
                "{% set s = 'a' * 900000 %}{% for i in range(100000) %}{{ '' if s[-1] == 'b' }}{% endfor %}",
                "{% set s = 'a' * 900000 %}{% for i in range(100000) %}{{ '' if s == 'a' * 900000 ~ i }}{% endfor %}",
                "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}"
                        + "{% set a = ns.t %}{% set ns.t = (1,) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}"
                        + "{{ a == ns.t }}",
                "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}",
            })
    void timeIsBounded(String template) {
        assertThatThrownBy(() -> render(template, Map.of()))
                .isInstanceOf(JinjaException.class)
                .hasMessageMatching("the template takes too (much memory|long).*");
    }

    /** Searching takes time linear in the text: with the naive way, this would take days. */
    @Test
    void searchingIsLinear() {
        String text = "{% set s = 'a' * 900000 %}{% set p = 'a' * 400000 ~ 'b' %}";
        assertThat(render(text + "{{ s.find(p) }}", Map.of())).isEqualTo("-1");
        assertThat(render(text + "{{ p in s }}", Map.of())).isEqualTo("False");
        assertThat(render(text + "{{ s.rfind('b' ~ p) }}", Map.of())).isEqualTo("-1");
        assertThat(render(text + "{{ s.split(p)|length }}", Map.of())).isEqualTo("1");
        assertThat(render(text + "{{ (s[:500000] ~ p).find(p) }}", Map.of())).isEqualTo("500000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
                "{% macro m() %}{% call m() %}x{% endcall %}{{ caller }}{% endmacro %}{{ m() }}",
                "{% macro m(a=m()) %}{% endmacro %}{{ m() }}",
                "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}",
                "{% set ns = namespace(l={}) %}{% for i in range(10000) %}{% set ns.l = {1: ns.l} %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=()) %}{% for i in range(10000) %}{% set ns.l = (ns.l,) %}{% endfor %}{{ {ns.l: 1} }}",
                "{% set ns = namespace(l=[], m=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}"
                        + "{% endfor %}{{ ns.l == ns.m }}",
                "{% set ns = namespace(l=[], m=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% set ns.m = [ns.m] %}"
                        + "{% endfor %}{{ ns.l < ns.m }}",
                "{% set ns = namespace(l=['x']) %}{% for i in range(10000) %}{% set ns.l = ns.l|map('upper') %}{% endfor %}"
                        + "{{ ns.l|list }}",
                "{% set ns = namespace(l=['x']) %}{% for i in range(10000) %}{% set ns.l = ns.l|select %}{% endfor %}{{ ns.l|first }}",
                "{% set ns = namespace() %}{% set ns.ns = ns %}{{ ns }}",
                "{% set ns = namespace() %}{% set ns.ns = [ns] %}{{ ns|string }}",
            })
    void recursionIsBounded(String template) {
        refused(template, "nested too deeply");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ 10 ** 1000000 }}",
                "{{ 2 ** 100000 }}",
                "{{ 2 ** (2 ** 60) }}",
                "{{ (2 ** 13000) * (2 ** 13000) }}",
                "{% set ns = namespace(n=3) %}{% for i in range(100) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
            })
    void numbersAreBounded(String template) {
        refused(template, "a number of the template is too large: more than 14000 bits");
    }

    @Test
    void longNumeralsAreRefused() {
        refused("{{ " + "9".repeat(100_000) + " }}", "more than 4300 digits");
        refused("{{ 0x" + "f".repeat(100_000) + " }}", "more than 4300 digits");
        assertThat(render("{{ ('9' * 100000)|int }}", Map.of())).isEqualTo("0");
        refused("{{ '%99999999999d' % 1 }}", "a width or precision is larger");
        refused("{{ '%.*f' % (10**9, 1.5) }}", "a width or precision is larger");
        refused("{{ '{:999999999}'.format(1) }}", "Invalid format specifier");
    }

    @Test
    void rangesAreBounded() {
        refused("{{ range(100001) }}", "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).");
        refused("{{ range(-2**63, 2**63 - 1) }}", "Range too big");
        assertThat(render("{{ range(10**15, 10**15 + 1)|list }}", Map.of())).isEqualTo("[1000000000000000]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(",
                "[",
                "{1:",
                "not ",
                "-",
                "a[",
                "f(",
                "x if ",
                "1 if 1 else ",
                "a|f(",
                "a is b(",
                "{% if x %}",
                "((a),"
            })
    void parsingIsBoundedInDepth(String part) {
        String open = part.startsWith("{%") ? part.repeat(50_000) : "{{ " + part.repeat(50_000);
        assertThatThrownBy(() -> render(open, Map.of()))
                .isInstanceOf(JinjaException.class)
                .hasMessageMatching(
                        "(nested too deeply|more than 1000 operators in one statement|unexpected|expected|Unexpected).*");
    }

    @ParameterizedTest
    @ValueSource(strings = {" + 1", " * 1", " and 1", " or 1", "|abs", ".x", "[0]", "()", " ** 1", " if 1"})
    void chainsAreBounded(String link) {
        refused("{{ 1" + link.repeat(50_000) + " }}", "more than 1000 operators in one statement");
    }

    @Test
    void longListsAndConcatenationsAreNoChains() {
        assertThat(render("{{ [" + "1,".repeat(10_000) + "]|length }}", Map.of()))
                .isEqualTo("10000");
        assertThat(render("{{ (1" + " ~ 1".repeat(10_000) + ")|length }}", Map.of()))
                .isEqualTo("10001");
        assertThat(render("{{ 1" + " < 2".repeat(10_000) + " }}", Map.of())).isEqualTo("False");
    }

    @Test
    void sourcesAreBounded() {
        assertThatThrownBy(() -> JinjaTemplate.compile("x".repeat(3 << 20)))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("longer than");
    }

    @Test
    void variablesAreBounded() {
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            deep = new ArrayList<>(List.of(deep));
        }
        List<Object> nested = deep;
        assertThatThrownBy(() -> render("x", Map.of("v", nested)))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("nested too deeply");
        List<Object> cyclic = new ArrayList<>();
        cyclic.add(cyclic);
        assertThatThrownBy(() -> render("x", Map.of("v", cyclic))).hasMessageContaining("nested too deeply");
        Map<String, Object> many = new HashMap<>();
        for (int i = 0; i < 600_000; i++) {
            many.put("k" + i, i);
        }
        assertThatThrownBy(() -> render("x", Map.of("v", many))).hasMessageContaining("takes too");
    }

    /** Where the stack is shorter than the limits assume, there is an error as well, and no StackOverflowError. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(10000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}",
            })
    void shortStacksAreNoProblem(String template) throws InterruptedException {
        Limits deep = new Limits(2 << 20, 1_000_000, 20_000_000, 20_000_000, 1_000_000, 100_000, 14_000);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        JinjaTemplate.compile(template, deep, JinjaCase.CLOCK).render(Map.of());
                    } catch (Throwable e) {
                        thrown.set(e);
                    }
                },
                "short",
                256 << 10);
        thread.start();
        thread.join();
        assertThat(thrown.get()).isInstanceOf(JinjaException.class).hasMessageContaining("nested too deeply");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ ''.__class__ }}x{{ ''.__class__.__mro__ }}",
                "{{ []['__class__']() }}",
                "{{ {}|attr('__class__')() }}",
                "{{ '{0.__class__.__name__}'.format('') }}",
                "{{ [].append(1) }}",
                "{{ {}.update({1: 2}) }}",
                "{{ {}['pop'](1) }}",
                "{{ messages.sort() }}",
            })
    void theSandboxHolds(String template) {
        assertThatThrownBy(() -> render(template, Map.of("messages", List.of(2, 1))))
                .isInstanceOf(JinjaException.class)
                .hasMessageContaining("object is unsafe");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% include 'x' %}",
                "{% import 'x' as y %}",
                "{% from 'x' import y %}",
                "{% extends 'x' %}",
                "{% autoescape true %}{% endautoescape %}",
            })
    void otherTemplatesAreOutOfReach(String template) {
        refused(template, "is not available: a chat template stands alone");
    }
}
