//! Stories with their decisions: `tests/scenarios/*.txt`, each with what was decided in the `.out` beside it.
//!
//! `GOLIVE_BLESS=1` writes the `.out` files anew; read what changed in them before it is committed.

use std::fs;
use std::path::{Path, PathBuf};

use super::script::Story;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut scripts: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    scripts.sort();
    scripts
}

#[test]
fn decisions_are_as_written_down() {
    let bless = std::env::var_os("GOLIVE_BLESS").is_some();
    let scripts = scripts();
    assert!(scripts.len() >= 20, "{} scripts", scripts.len());
    for path in scripts {
        let mut story = Story::new();
        fs::read_to_string(&path).unwrap().lines().for_each(|line| story.line(line));
        let golden = path.with_extension("out");
        if bless {
            fs::write(&golden, &story.out).unwrap();
        } else {
            let wanted = fs::read_to_string(&golden).unwrap_or_default();
            assert!(
                wanted == story.out,
                "{} decides otherwise:\n{}",
                path.display(),
                diff(&wanted, &story.out)
            );
        }
    }
}

/// The first lines that differ, with some around them.
fn diff(wanted: &str, got: &str) -> String {
    let same = wanted.lines().zip(got.lines()).take_while(|(wanted, got)| wanted == got).count();
    let from = |text: &str| {
        let lines: Vec<&str> = text.lines().skip(same.saturating_sub(3)).take(8).collect();
        lines.join("\n  ")
    };
    format!("wanted\n  {}\ngot\n  {}", from(wanted), from(got))
}
