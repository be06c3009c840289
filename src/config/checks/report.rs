//! A check by `report`.

use crate::config::check::{Report, Reported, Severity};
use crate::config::table::{Section, one_of};
use crate::model::policy::Ppm;

const FORMATS: [&str; 4] = ["junit", "sarif", "lcov", "cobertura"];

const SEVERITIES: [(&str, Severity); 4] = [
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];

const HINT: &str = "write { junit = \"target/junit.xml\", pass-rate = \"100%\" }";

/// The file, its format, and what is asked of it.
pub(super) fn read(section: &mut Section<'_>) -> Option<Report> {
    let mut table = section.section("report")?;
    let formats = table.given(&FORMATS);
    match formats.as_slice() {
        [] => table.missing(format!("does not say which format it has: {}", one_of(FORMATS.iter())), HINT),
        [_] => {}
        [_, more @ ..] => {
            for format in more {
                table.wrong_key(
                    &[format],
                    "is a second report beside another",
                    "give each a check of its own",
                );
            }
        }
    }
    let format = formats.first().copied();
    let whole = Ppm(1_000_000);
    let (pass_rate, lines) = (table.ratio("pass-rate", whole), table.ratio("lines", whole));
    let none_of = table.word("none-of", &SEVERITIES, Severity::High);
    let paths = FORMATS.map(|format| table.string(format));
    for (key, of) in [("pass-rate", &FORMATS[..1]), ("none-of", &FORMATS[1..2]), ("lines", &FORMATS[2..])] {
        if table.has(key) && format.is_some_and(|format| !of.contains(&format)) {
            table.wrong_key(&[key], format!("is only for {}", one_of(of.iter())), "leave it out");
        }
    }
    if format.is_some_and(|format| FORMATS[2..].contains(&format)) {
        table.required(&["lines"], "write lines = \"80%\", say");
    }
    let path = paths.iter().flatten().next().map(|path| table.beside(path));
    table.end(&[]);
    let wanted = match format? {
        "junit" => Reported::Junit { pass_rate },
        "sarif" => Reported::Sarif { none_of },
        "lcov" => Reported::Lcov { lines },
        _ => Reported::Cobertura { lines },
    };
    Some(Report { path: path?, wanted })
}
