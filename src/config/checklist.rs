//! `[service.….checklist.…]`

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Person;
use super::acceptance::{self, Acceptance};
use super::check::{Check, CheckKind, FileAge, Report};
use super::prometheus::Names;
use super::table::Section;
use crate::model::checklist::{Item, Manual, Wanted};

/// What was shown or signed counts for so long.
const VALID: Duration = Duration::from_hours(24);

/// Keys of all items.
const OF_ALL: [&str; 1] = ["valid-for"];

/// What stands for the version in an item.
const VERSION: &str = "{version}";

/// What is asked of a version, and the checks among it by name.
pub(super) type Checklist = (Wanted, BTreeMap<String, Acceptance>);

/// What the core has to know of the items, and those that a check shows, by name.
pub(super) fn read(section: &mut Section<'_>, known: (&[Person], &Names)) -> Checklist {
    let required = section.boolean("require-checklist").unwrap_or_default();
    let (mut items, mut checks) = (BTreeMap::new(), BTreeMap::new());
    let mut table = section.table("checklist");
    let valid_for = table.duration("valid-for", VALID);
    table.others(&OF_ALL, |name, section| {
        if let Some((item, check)) = one(name, section, known) {
            items.insert(name.to_owned(), item);
            checks.extend(check.map(|check| (name.to_owned(), check)));
        }
    });
    table.end(&[]);
    if required && items.is_empty() {
        let hint = "write [service.NAME.checklist.ITEM], or leave it out";
        section.wrong("require-checklist", "asks for a checklist that has no items", hint);
    }
    (Wanted { required, valid_for, items }, checks)
}

fn one(
    name: &str,
    mut section: Section<'_>,
    (people, servers): (&[Person], &Names),
) -> Option<(Item, Option<Acceptance>)> {
    let phase = section.string("phase");
    section
        .required(&["phase"], "write phase = \"code\", \"infrastructure\", \"security\" or \"performance\"");
    let text = section.string("text").unwrap_or_else(|| name.to_owned());
    let manual = section.boolean("manual");
    if manual == Some(false) {
        section.wrong("manual", "is false", "leave it out, and name a check");
    }
    if section.has("group") {
        section.wrong_key(&["group"], "is for items of the acceptance", "write `phase`");
    }
    if manual != Some(true) {
        for key in section.given(&["by", "four-eyes"]) {
            section.wrong_key(
                &[key],
                "is only for an item that is signed",
                "write manual = true, or leave it out",
            );
        }
        let check = acceptance::item(section, servers)?;
        return Some((Item { phase: phase?, text, manual: None }, Some(check)));
    }
    let by = signers(&mut section, people);
    let four_eyes = section.boolean("four-eyes").unwrap_or_default();
    section.end(&[]);
    Some((Item { phase: phase?, text, manual: Some(Manual { by, four_eyes }) }, None))
}

/// Who may sign: each by role and by name.
fn signers(section: &mut Section<'_>, people: &[Person]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for role in section.distinct("by").unwrap_or_default() {
        match people.iter().find(|person| person.role == role) {
            Some(person) => all.extend([role, person.name.clone()]),
            None => {
                let hint = "name a role of [people.ROLE]";
                section.missing_in(&["by", &role], format!("\"{role}\" is nobody here"), hint);
            }
        }
    }
    all
}

impl Acceptance {
    /// The same for a version: `{version}` stands for it in a command, a path and an address.
    pub fn of_version(&self, version: &str) -> Result<Self, String> {
        let mut item = self.clone();
        let Check { kind, .. } = &mut item.check;
        match kind {
            CheckKind::Command { argv } => {
                for word in argv {
                    *word = word.replace(VERSION, version);
                }
            }
            CheckKind::FileAge(FileAge { path, .. }) | CheckKind::Report(Report { path, .. }) => {
                *path = of_path(path, version)?;
            }
            CheckKind::Http(http) if http.url.contains(VERSION) => {
                http.url = http.url.replace(VERSION, &of_address(version)?);
            }
            CheckKind::Query(check) if check.query.contains(VERSION) => {
                check.query = check.query.replace(VERSION, &of_address(version)?);
            }
            CheckKind::Http(_)
            | CheckKind::Tcp { .. }
            | CheckKind::Tls(_)
            | CheckKind::Query(_)
            | CheckKind::Prometheus(_)
            | CheckKind::Logs(_)
            | CheckKind::Docker => {}
        }
        Ok(item)
    }
}

/// A version is one part of a path, and does not lead elsewhere.
fn of_path(path: &Path, version: &str) -> Result<PathBuf, String> {
    let Some(text) = path.to_str().filter(|text| text.contains(VERSION)) else { return Ok(path.to_owned()) };
    if version.contains('/') || version == ".." {
        return Err(format!("the version {version} cannot be part of a path"));
    }
    Ok(text.replace(VERSION, version).into())
}

/// As a text that changes nothing of the address around it.
fn of_address(version: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+".contains(&byte);
    if version.bytes().all(plain) && version != ".." {
        return Ok(version.to_owned());
    }
    Err(format!("the version {version} cannot be part of an address"))
}
