//! Stories with their decisions: `tests/scenarios/*.txt`, each with what was decided in the `.snap` beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rstest::rstest;

use super::script::Story;
use crate::tests::golden;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");

#[rstest]
fn decisions_are_as_written_down(#[files("tests/scenarios/*.txt")] script: PathBuf) {
    let mut story = Story::new();
    fs::read_to_string(&script).unwrap().lines().for_each(|line| story.line(line));
    golden(Path::new(FOLDER), script.file_stem().unwrap().to_str().unwrap(), &story.out);
}

/// The list of stories is made when this is compiled.
#[test]
fn every_story_has_its_decisions() {
    let with = |extension: &str| -> BTreeSet<PathBuf> {
        let all = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
        let some = all.filter(|path| path.extension().is_some_and(|found| found == extension));
        some.map(|path| path.with_extension("")).collect()
    };
    assert_eq!(with("txt"), with("snap"));
}
