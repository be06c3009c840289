//! One machine writes which phase a service is in, which release is at hand and what is known to run. What a phase holds
//! besides, its handlers keep.

use super::source::{Finding, Source};

/// What the machine alone writes of a service's facts.
const OF_THE_MACHINE: [&str; 3] = ["phase", "known", "release"];

/// How facts are called where they are changed.
const FACTS: [&str; 2] = ["facts.", "facts_mut()."];

/// What puts something else into a place, after its name.
const REPLACES: [&str; 4] = [".take()", ".replace(", ".insert(", ".get_or_insert"];

/// What puts other facts into the place of all of them: where another golive's are gone on with.
const WHOLE: [&str; 2] = ["*ctx.facts_mut() = ", "replace(ctx.facts_mut(),"];

/// Whoever else in the core writes that.
pub(crate) fn second_writers(source: &Source) -> Vec<Finding> {
    let machine = source.path == "src/decide/release.rs" || source.path.starts_with("src/decide/release/");
    if machine || source.module() != "decide" {
        return Vec::new();
    }
    let mut found = Vec::new();
    for field in OF_THE_MACHINE {
        let places = source.words(field).into_iter().filter(|at| written(&source.code, *at, field.len()));
        found.extend(
            places.map(|at| source.finding(at, format!("the release machine alone writes `{field}`"))),
        );
    }
    let whole = WHOLE.iter().filter(|_| source.path != "src/decide/leadership.rs");
    for words in whole {
        let places = source.code.match_indices(words).map(|(at, _)| at);
        found.extend(places.map(|at| source.finding(at, "only `leadership` goes on with other facts")));
    }
    found
}

fn written(code: &str, at: usize, length: usize) -> bool {
    let after = code[at + length..].trim_start();
    let assigned = after.starts_with('=') && !after.starts_with("==") && !after.starts_with("=>");
    let replaced = REPLACES.iter().any(|how| after.starts_with(how));
    let exchanged = ["replace(&mut ", "take(&mut "].iter().any(|how| {
        let whose = code[..at].rfind(how).map(|from| &code[from + how.len()..at]);
        whose
            .is_some_and(|whose| FACTS.iter().any(|facts| whose == *facts || whose == format!("ctx.{facts}")))
    });
    FACTS.iter().any(|facts| code[..at].ends_with(facts)) && (assigned || replaced || exchanged)
}
