//! `docs/promises.md`: each line is shown by tests that are there, or says that it is not.

use std::path::Path;

/// How a line says that nothing shows it.
const NOT_SHOWN: &str = "not shown by a test";
/// So many lines do at most. The number only falls.
const NOT_SHOWN_MAX: usize = 4;

/// Suites below `tests` that a name may begin with; `story` is a file in `tests/scenarios`.
const SUITES: [&str; 7] = ["cli", "docker", "e2e", "package", "prometheus", "soak", "swarm"];

#[test]
fn every_promise_is_shown_by_tests_that_are_there() {
    let text = super::read("docs/promises.md");
    let rows = rows(&text);
    assert!(rows.len() > 150, "only {} lines", rows.len());
    let wrong: Vec<String> = rows.iter().flat_map(|row| mistakes(row, &super::root())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let not_shown = rows.iter().filter(|row| row.ends_with(NOT_SHOWN)).count();
    assert!(not_shown <= NOT_SHOWN_MAX, "{not_shown} lines are not shown by a test");
}

#[test]
fn a_promise_that_nothing_shows_is_found() {
    let root = super::root();
    let wrong = |shown: &str| mistakes(&format!("It breaks. | It is mended. | {shown}"), &root);
    for good in [
        "`door::tests::whoever_waits_for_news_is_in_nobodys_way`",
        "`e2e judged::spared::four_percent_of_errors`, `story grace`",
        "`docker::images::tests::a_registrys_digest_is_told_from_the_engines_own`",
        "`prometheus values_are_taken_and_everything_else_is_blind`",
        NOT_SHOWN,
    ] {
        assert_eq!(wrong(good), [""; 0], "{good}");
    }
    for bad in [
        "`door::tests::nobody_has_written_this`",
        // There is one of that name, elsewhere.
        "`door::seat::whoever_waits_for_news_is_in_nobodys_way`",
        "`e2e spared::four_percent_of_errors`",
        // It is a function, and no test.
        "`docker::tests::serving`",
        "`story nobody-has-told-this`",
        "`soak no_such_thing`",
        "`nowhere four_percent_of_errors`",
        "",
        "by everything",
    ] {
        assert_eq!(wrong(bad).len(), 1, "{bad}");
    }
    assert_eq!(wrong("`story grace`, `story no-grace`").len(), 1, "each name counts");
}

/// The lines of the tables, without their first and last bar.
fn rows(text: &str) -> Vec<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter(|row| !row.starts_with("what happens |")).map(str::to_owned).collect()
}

/// What is wrong with a line: its names lead nowhere, or it has none and does not say so.
fn mistakes(row: &str, root: &Path) -> Vec<String> {
    let cells: Vec<&str> = row.split(" | ").collect();
    let [_, _, shown] = cells[..] else { return vec![format!("three columns: {row}")] };
    if shown == NOT_SHOWN {
        return Vec::new();
    }
    let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        return vec![format!("shown by nothing: {row}")];
    }
    names.into_iter().filter(|name| !is_there(name, root)).map(|name| format!("no test: {name}")).collect()
}

fn is_there(name: &str, root: &Path) -> bool {
    match name.split_once(' ') {
        Some(("story", story)) => {
            let file =
                |ending: &str| root.join("tests/scenarios").join(format!("{story}.{ending}")).is_file();
            file("txt") && file("snap")
        }
        Some((suite, path)) => {
            SUITES.contains(&suite) && is_test_in(&root.join("tests").join(suite), "main", path)
        }
        None => is_test_in(&root.join("src"), "lib", name),
    }
}

/// Whether `module::…::test` is one below that directory: in the file of its modules, the last of which may stand inside of one.
fn is_test_in(dir: &Path, top: &str, path: &str) -> bool {
    let segments: Vec<&str> = path.split("::").collect();
    let Some((test, modules)) = segments.split_last() else { return false };
    let read = |modules: &[&str]| {
        let file = if modules.is_empty() { top.to_owned() } else { modules.join("/") };
        std::fs::read_to_string(dir.join(file + ".rs")).ok()
    };
    if let Some(text) = read(modules) {
        return has_test(&text, test);
    }
    let Some((inner, outer)) = modules.split_last() else { return false };
    let text = read(outer).unwrap_or_default();
    text.split_once(&format!("mod {inner} {{")).is_some_and(|(_, inside)| has_test(inside, test))
}

/// Whether there is a function of that name that an attribute makes a test.
fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let begins =
        |line: &str| ["fn ", "async fn "].iter().any(|head| line.starts_with(&format!("{head}{name}(")));
    lines.iter().enumerate().filter(|(_, line)| begins(line)).any(|(at, _)| {
        let above =
            lines[..at].iter().rev().take_while(|line| line.starts_with('#') || line.starts_with("//"));
        let mut attributes = above.filter(|line| line.starts_with('#'));
        attributes.any(|line| line.contains("test") && !line.starts_with("#[cfg"))
    })
}
