//! `golive discover`, as far as it needs no engine.

use tempfile::TempDir;

use crate::{golive, rules, stderr, stdout};

const NO_ENGINE: &str = "[docker]\nsocket = \"/nonexistent/docker.sock\"\n";

#[test]
fn without_an_engine_it_says_so_and_writes_nothing() {
    let dir = TempDir::new().unwrap();
    let (rules, file) = (rules(dir.path(), NO_ENGINE), dir.path().join("new.toml"));
    let run = golive(&["--config", &rules, "discover", "--write", file.to_str().unwrap()]).code(69);
    let told = stderr(&run);
    assert_eq!(told.lines().count(), 1, "one paragraph: {told}");
    for word in
        ["list containers", "the Docker Engine at /nonexistent/docker.sock does not answer", "No such file"]
    {
        assert!(told.contains(word), "{told}");
    }
    assert!(stdout(&run).is_empty() && !file.exists());
}

#[test]
fn a_file_that_is_there_is_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let rules = rules(dir.path(), NO_ENGINE);
    let run = golive(&["--config", &rules, "discover", "--write", &rules]).code(73);
    let told = stderr(&run);
    assert!(told.contains("is there already") && told.contains("rules.d/discovered.toml"), "{told}");
    assert_eq!(std::fs::read_to_string(&rules).unwrap(), NO_ENGINE);
}

#[test]
fn rules_with_mistakes_are_told_first() {
    let dir = TempDir::new().unwrap();
    let rules = rules(dir.path(), "[docker]\nsokcet = \"/nonexistent/docker.sock\"\n");
    let run = golive(&["--config", &rules, "discover"]).code(78);
    assert!(stderr(&run).contains("sokcet"), "{}", stderr(&run));
}
