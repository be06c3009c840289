//! What the tests of several modules share.

use std::path::Path;

pub(crate) use golive_fixtures::case as world;

/// Holds a text against the snapshot of that name in that folder. `INSTA_UPDATE=always` writes it anew.
pub(crate) fn golden(folder: &Path, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
