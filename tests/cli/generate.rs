//! `golive generate`

use std::collections::BTreeSet;
use std::fs;

use tempfile::TempDir;

use crate::golive;

fn generated(what: &str, dir: &TempDir) -> BTreeSet<String> {
    let into = dir.path().join("new/dir");
    golive(&["generate", what, into.to_str().unwrap()]).code(0);
    into.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn there_is_a_page_for_the_program_each_verb_and_the_rules() {
    let dir = TempDir::new().unwrap();
    let pages = generated("man", &dir);
    for page in ["golive.1", "golive-rollback.1", "golive-notify-test.1", "golive-rules.toml.5"] {
        assert!(pages.contains(page), "{page} is not among {pages:?}");
    }
    assert!(!pages.iter().any(|page| page.contains("demo-service")), "{pages:?}");
    let rollback = fs::read_to_string(dir.path().join("new/dir/golive-rollback.1")).unwrap();
    for word in [".TH golive-rollback 1", "dry\\-run", "impossible", ".SH \"SEE ALSO\""] {
        assert!(rollback.contains(word), "{rollback}");
    }
}

#[test]
fn every_shell_completes_every_verb() {
    let dir = TempDir::new().unwrap();
    assert_eq!(
        generated("completions", &dir),
        ["_golive", "golive.bash", "golive.fish"].map(str::to_owned).into()
    );
    for shell in ["_golive", "golive.bash", "golive.fish"] {
        let text = fs::read_to_string(dir.path().join("new/dir").join(shell)).unwrap();
        assert!(text.contains("rollback") && text.contains("dry-run"), "{shell}");
    }
}
