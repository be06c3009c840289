//! Every rule can fail: bad snippets through the same functions, and good ones that look like bad ones.

use std::collections::BTreeSet;

use super::*;

fn source(path: &str, text: &str) -> Source {
    Source::new(path, text)
}

fn said(findings: impl IntoIterator<Item = Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| finding.0).collect()
}

#[track_caller]
fn fails(findings: impl IntoIterator<Item = Finding>, place: &str) {
    let said = said(findings);
    assert!(said.iter().any(|finding| finding.starts_with(place)), "not found at {place}: {said:?}");
}

#[track_caller]
fn passes(findings: impl IntoIterator<Item = Finding>) {
    assert_eq!(said(findings), [""; 0]);
}

#[test]
fn imports_of_other_rooms_are_found() {
    let bad = [
        ("src/probe/http.rs", "use crate::runtime::Engine;"),
        ("src/probe/http.rs", "fn f(e: &crate::runtime::Engine) {}"),
        ("src/runtime.rs", "use crate::{config::Service, notify::Notifier};"),
        ("src/notify/email.rs", "use crate::{\nconfig,\nprobe::{self, Probe}};"),
        ("src/control.rs", "use crate::store::Store;"),
        ("src/control/wire.rs", "use crate::{decide::View, runtime};"),
        ("src/page.rs", "use crate::probe;"),
        ("src/record.rs", "use crate::notify::Notifier;"),
        ("src/decide/permission.rs", "use crate::config::Service;"),
        ("src/stats.rs", "use crate::clock::Clock;"),
        ("src/decide.rs", "use crate as all;"),
        ("src/decide.rs", "use crate::*;"),
        ("src/decide.rs", "use crate::{self as all};"),
        ("src/probe.rs", "use super::runtime::Engine;"),
        ("src/probe/http.rs", "use super::super::runtime::Engine;"),
        ("src/shelf.rs", "//! A new room."),
        ("src/main.rs", "fn main() { golive::daemon::run(); }"),
    ];
    for (path, text) in bad {
        fails(imports(&source(path, text)), &format!("{path}:1:"));
    }
    fails(imports(&source("src/probe.rs", "//! Probes.\n\nuse crate::notify;\n")), "src/probe.rs:3:");
}

#[test]
fn imports_that_only_look_bad_pass() {
    let good = [
        ("src/probe/http.rs", "// use crate::runtime::Engine;\n/* crate::notify */ use crate::model::event;"),
        (
            "src/probe/http.rs",
            "const A: &str = \"crate::runtime\"; const B: &str = r#\"use \"crate::notify\";\"#;",
        ),
        ("src/probe/http.rs", "fn f<'a>(q: char) -> bool { q == '\"' || q == '\\'' } // \" crate::runtime"),
        ("src/probe/http.rs", "pub(crate) fn f() {} pub(super) fn g() {} use super::Probe;"),
        ("src/probe/http/head.rs", "pub(in super::super) fn f() {}"),
        ("src/probe.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    use crate::runtime::Engine;\n}\n"),
        ("src/decide/permission.rs", "use crate::{model::event::Event, stats};"),
        ("src/main.rs", "fn main() -> ExitCode { golive::cli::run(std::env::args_os()) }"),
    ];
    for (path, text) in good {
        passes(imports(&source(path, text)));
    }
}

#[test]
fn impurities_of_the_core_are_found() {
    let bad = [
        "use tokio::sync::mpsc;",
        "#[derive(serde::Serialize)]\nstruct A;",
        "async fn f() {}",
        "fn f() { Timestamp::now(); }",
        "use std::time::Instant;",
        "use std::{collections::BTreeMap, fs};",
        "fn f() { std::net::lookup(); }",
        "fn f() { tracing::info!(\"a\"); }",
        "fn f() { std::env::var(\"A\"); }",
    ];
    for text in bad {
        fails(impurities(&source("src/decide/permission.rs", text)), "src/decide/permission.rs:1:");
        let serde = text.contains("serde");
        assert_eq!(impurities(&source("src/model/step.rs", text)).is_empty(), serde, "{text}");
        assert_eq!(impurities(&source("src/stats.rs", text)).is_empty(), serde, "{text}");
        passes(impurities(&source("src/daemon.rs", text)));
    }
    let good =
        "// tokio::spawn, now()\nuse std::time::Duration;\nfn f(now: Timestamp) { let known = (now, 1); }";
    passes(impurities(&source("src/decide/permission.rs", good)));
}

#[test]
fn crates_in_foreign_rooms_are_found() {
    fails(strays(&source("src/cli/check.rs", "\nuse bollard::Docker;")), "src/cli/check.rs:2:");
    fails(strays(&source("src/cli.rs", "fn f() { lettre::message(); }")), "src/cli.rs:1:");
    fails(strays(&source("src/daemon.rs", "use rusqlite as sql;")), "src/daemon.rs:1:");
    fails(strays(&source("src/probe/docker.rs", "use bollard::Docker;")), "src/probe/docker.rs:1:");
    passes(strays(&source("src/docker/client.rs", "use bollard::Docker; // and lettre::no")));
}

#[test]
fn words_of_the_engine_in_foreign_rooms_are_found() {
    for text in [
        "fn f() {\n    get(\"/containers/json\") }",
        "fn f() {\n    get(&format!(\"/services/{id}/update\")) }",
        "fn f() {\n    get(\"/info\") }",
        "const STACK: &str =\n    \"com.docker.stack.namespace\";",
    ] {
        fails(engine_words(&source("src/runtime/steps.rs", text)), "src/runtime/steps.rs:2:");
    }
    let label = "const PROJECT: &str = \"com.docker.compose.project\";";
    fails(engine_words(&source("src/docker/compose.rs", label)), "src/docker/compose.rs:1:");
    passes(engine_words(&source("src/docker/labels.rs", label)));
    passes(engine_words(&source("src/docker/images.rs", "fn f() { get(\"/images/json\") }")));
    passes(engine_words(&source("src/control.rs", "// \"/containers/json\"\nfn f() { get(\"/status\") }")));
    let tests = "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn f() { get(\"/containers/json\") }\n}\n";
    passes(engine_words(&source("src/runtime/steps.rs", tests)));
}

#[test]
fn calls_that_nobody_wrote_down_are_found() {
    const OBJECTS: &str =
        "fn f() {\n    on.object(doing, Kind::Nodes, id);\n    on.exists(\"volumes\", id);\n}\n";
    let room = |code: &str| {
        calls::made(&[source("src/docker/images.rs", code), source("src/runtime/pin.rs", OBJECTS)])
    };
    for (code, method, path) in [
        ("fn f() {\n    self.tell(doing, \"/containers/prune\")\n}\n", "POST", "/containers/prune"),
        ("fn f() {\n    self.raw.delete(url(&format!(\"/images/{id}\")))\n}\n", "DELETE", "/images/{}"),
        (
            "    fn f() {\n    let at = format!(\"/exec/{id}/start\");\n    self.raw.post(url(at))\n    }\n",
            "POST",
            "/exec/{}/start",
        ),
        ("fn f() {\n    self.get(doing, &format!(\"/{}/{id}\", kind))\n}\n", "GET", "/nodes/{}"),
        (
            "fn f() {\n    let path = format!(\"/{kind}/{id}\");\n    self.look(path)\n}\n",
            "GET",
            "/volumes/{}",
        ),
        ("fn f() {\n    docker.create_image(it)\n}\n", "POST", "/images/create"),
    ] {
        let (made, unknown) = room(code);
        assert!(
            unknown.is_empty() && made.contains(&(method.to_owned(), path.to_owned())),
            "{code}: {made:?} {unknown:?}"
        );
        fails(
            calls::differ(&made, &calls::documented("| method | path | when |\n|---|---|---|\n")),
            "docs/engine-calls.md:1:",
        );
        passes(calls::differ(&made, &calls::documented(&format!("| {method} | `{path}` | now |\n"))));
    }
    let more = calls::documented("| GET | `/plugins` | never |\n");
    fails(
        calls::differ(&BTreeSet::new(), &more),
        "docs/engine-calls.md:1: has what is never asked for: GET /plugins",
    );
    fails(room("fn f() {\n    docker.start_exec(it)\n}\n").1, "src/docker/images.rs:2:");
    fails(room("fn f() {\n    somehow(\"/swarm/join\")\n}\n").1, "src/docker/images.rs:2:");
}

#[test]
fn dodges_are_found() {
    let bad = [
        "pub use crate::runtime;",
        "pub(crate) use crate::runtime::Engine;",
        "pub use super::other::Thing;",
        "pub use bollard::Docker;",
        "mod own;\nuse super::super::event;",
        "use super::{guard, super::event};",
        "include!(\"other.rs\");",
        "#[path = \"other.rs\"]\nmod other;",
    ];
    for text in bad {
        fails(dodges(&source("src/probe/http.rs", text)), "src/probe/http.rs:");
    }
    passes(dodges(&source("src/probe.rs", "mod http;\npub use http::Http;\nuse crate::model::event;")));
}

#[test]
fn long_files_are_found() {
    let long = source("src/a.rs", &"\n".repeat(LINES_MAX + 1));
    fails(too_long(&long), "src/a.rs:401:");
    passes(too_long(&source("src/a.rs", &"\n".repeat(LINES_MAX))));
    fails(too_long_in_the_middle(vec![10, LINES_MEDIAN + 1, 300]), "src:");
    passes(too_long_in_the_middle(vec![10, LINES_MEDIAN, 400]));
}

#[test]
fn empty_names_are_found() {
    fails(empty_name("src/probe/mod.rs"), "src/probe/mod.rs:1:");
    fails(empty_name("src/utils.rs"), "src/utils.rs:1:");
    fails(empty_name("src/common/http.rs"), "src/common/http.rs:1:");
    passes(empty_name("src/probe/http.rs"));
}

#[test]
fn unwraps_are_found_outside_of_tests() {
    let text = "fn f() {\n    g().unwrap();\n}\n#[cfg(test)]\nmod tests {\n    fn f() { g().unwrap() }\n}\n";
    assert_eq!(said(unwraps(&source("src/a.rs", text))).len(), 1);
    fails(unwraps(&source("src/a.rs", text)), "src/a.rs:2:");
    assert!(source("src/a/tests.rs", text).is_test() && source("src/a/tests/b.rs", text).is_test());
    assert!(!source("src/attests.rs", text).is_test());
}

#[test]
fn leftovers_are_found() {
    for word in [
        concat!("// TO", "DO: later"),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore]"),
        concat!("to", "do!()"),
    ] {
        fails(leftovers("docs/a.md", &format!("\n{word}\n")), "docs/a.md:2:");
    }
    passes(leftovers("docs/a.md", "nothing is ignored"));
}

#[test]
fn missing_texts_are_found() {
    fails(unknown_version("# Changes\n\n## [0.1.0]\n", "0.2.0"), "CHANGELOG.md:1:");
    passes(unknown_version("# Changes\n\n## [0.1.0] - unreleased\n", "0.1.0"));
    let both = "```sh\ncargo run --release -- demo   # see it\n./test\n```\n";
    passes(commands(both));
    fails(commands("```sh\ncargo run --release -- demo\n```\n"), "README.md:1:");
    fails(commands(&format!("{both}```sh\ncargo build\n./test\n```\n")), "README.md:1:");
    fails(commands("```sh\ncargo run --release -- demo\n./test\ncargo doc\n```\n"), "README.md:1:");
    fails(unmapped("| `probe` | looks |", "runtime"), "ARCHITECTURE.md:1:");
    passes(unmapped("| `runtime` | acts |", "runtime"));
}

#[test]
fn circles_of_files_are_found() {
    let of = |files: &[(&str, &str)]| {
        let sources: Vec<Source> = files.iter().map(|(path, text)| source(path, text)).collect();
        circles::circles(&sources.iter().collect::<Vec<_>>())
    };
    let face = ("src/page.rs", "mod a;\nmod b;\nuse a::A;");
    let bad: [[&str; 2]; 4] = [
        ["use super::b::B;", "use super::a::A;"],
        ["use crate::page::b::B;", "fn f() { super::a::g() }"],
        ["use crate::page::{b::{self, B}};", "use crate::{page::a::A, text::T};"],
        ["type B = crate::page::b::B;", "use super::a;"],
    ];
    for [a, b] in bad {
        let planted = of(&[face, ("src/page/a.rs", a), ("src/page/b.rs", b)]);
        fails(planted, "page::a: in a circle of 2: page::a, page::b");
    }
    // A folder's file uses what its face has; of two files one uses the other; another room's file has the same name.
    passes(of(&[face, ("src/page/a.rs", "use super::{F, b::B};"), ("src/page/b.rs", "use super::F;")]));
    passes(of(&[("src/page/a.rs", "use crate::text::a::A;"), ("src/text/a.rs", "use crate::text::b::B;")]));
}

#[test]
fn second_writers_of_the_phase_are_found() {
    let bad = [
        "fn f(ctx: &mut Context<'_>) { ctx.facts_mut().phase = Phase::Idle; }",
        "fn f(ctx: &mut Context<'_>) { let facts = ctx.facts_mut(); facts.known = None; }",
        "fn f(facts: &mut Facts) { facts.release.take(); }",
        "fn f(facts: &mut Facts) { facts.release.insert(other); }",
        "fn f(facts: &mut Facts) { std::mem::replace(&mut facts.phase, Phase::Idle); }",
        "fn f(ctx: &mut Context<'_>) { std::mem::take(&mut ctx.facts_mut().known); }",
        "fn f(ctx: &mut Context<'_>) { *ctx.facts_mut() = before; }",
    ];
    for text in bad {
        fails(
            writers::second_writers(&source("src/decide/permission.rs", text)),
            "src/decide/permission.rs:1:",
        );
        passes(writers::second_writers(&source("src/decide/release/close.rs", text)));
        passes(writers::second_writers(&source("src/store/mirror.rs", text)));
    }
    let good = [
        "fn f(ctx: &Context<'_>) -> bool { ctx.facts().phase == Phase::Idle }",
        "fn f(ctx: &mut Context<'_>) { if let Phase::Watching(watch) = &mut ctx.facts_mut().phase { watch.ends = at; } }",
        "fn f(notice: &mut Notice) { notice.release = None; }",
        "fn f(facts: &mut Facts) { facts.release.as_mut(); std::mem::take(&mut facts.accepted); facts.known == other }",
    ];
    for text in good {
        passes(writers::second_writers(&source("src/decide/watch.rs", text)));
    }
    // The one exception does what nobody else may: the rule would find it there.
    let exception = std::fs::read_to_string("src/decide/leadership.rs").unwrap();
    fails(writers::second_writers(&source("src/decide/watch.rs", &exception)), "src/decide/watch.rs:");
}

#[test]
fn rooms_that_use_what_comes_later_are_found() {
    fails(upwards(&[("a", &["b"]), ("b", &[])]), "src/a.rs");
    passes(upwards(&[("b", &[]), ("a", &["b"])]));
}
