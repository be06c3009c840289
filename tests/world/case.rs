//! Reads the inputs of the real world in this folder: one file a case, with what is right before what came.

use std::path::Path;

/// What stands between the two.
const LINE: &[u8] = b"\n---\n";

/// One input, and what golive has to make of it.
pub(crate) struct Case {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// What is right: its keys are the folder's own.
    pub(crate) right: toml::Table,
    /// What came, byte for byte.
    pub(crate) input: Vec<u8>,
}

/// The cases of a folder, by name. An empty folder is a mistake: its test could not fail.
pub(crate) fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/world").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no case", folder.display());
    files.iter().map(|file| read(file)).collect()
}

/// The case of one file.
pub(crate) fn read(file: &Path) -> Case {
    let whole = std::fs::read(file).unwrap();
    let shown = file.display();
    let at = whole.windows(LINE.len()).position(|window| window == LINE);
    let at = at.unwrap_or_else(|| panic!("{shown}: no line `---` between what is right and the input"));
    let right = std::str::from_utf8(&whole[..at]).unwrap_or_else(|error| panic!("{shown}: {error}"));
    Case {
        name: file.file_stem().unwrap().to_string_lossy().into_owned(),
        right: right.parse().unwrap_or_else(|error| panic!("{shown}: {error}")),
        input: whole[at + LINE.len()..].to_vec(),
    }
}
