//! `[service.….content]`: where what a release brings is written down.

use std::path::PathBuf;

use super::table::Section;

/// What stands for the version.
const VERSION: &str = "{version}";

/// A repository in which each version has a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Where it is.
    pub repository: PathBuf,
    /// What a version's tag is called.
    tags: String,
}

impl Content {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let repository = section.string("repository").map(|path| section.beside(&path));
        section.required(&["repository"], "write { repository = \"/srv/shop\", tags = \"v{version}\" }");
        let tags = section.string("tags").unwrap_or_else(|| format!("v{VERSION}"));
        if tags.matches(VERSION).count() != 1 {
            let hint = "write {version} once where the version stands in a tag, as in \"v{version}\"";
            section.wrong("tags", "does not say where the version stands", hint);
        }
        section.end(&[]);
        Some(Self { repository: repository?, tags })
    }

    /// The tag of a version.
    pub fn tag(&self, version: &str) -> String {
        self.tags.replace(VERSION, version)
    }
}
