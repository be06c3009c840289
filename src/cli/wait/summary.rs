//! What came of a release, as Markdown for the page of a CI job.

use std::io::Write as _;
use std::path::Path;

use super::About;
use crate::control::wire::Outcome;
use crate::untrusted::{harmless, marked};

/// Adds it to the file that was asked for, if one was: a job has one file for all its steps. The exit code is the release's
/// all the same where that cannot be done.
pub(super) fn add(about: &About, service: &str, version: &str, state: &str, outcome: &Outcome) {
    let Some(file) = &about.summary else { return };
    if let Err(error) = append(file, &text(service, version, state, outcome)) {
        let told = format!("golive: cannot add the outcome to {}: {error}", file.display());
        drop(writeln!(std::io::stderr(), "{}", harmless(&told)));
    }
}

fn append(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new().create(true).append(true).open(file)?.write_all(text.as_bytes())
}

fn text(service: &str, version: &str, state: &str, outcome: &Outcome) -> String {
    let mut text = format!("### {}: {}, {}\n\n", marked(service), marked(state), marked(version));
    let at = outcome.decided_at.map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let rows = [("Decided", at.as_deref()), ("Why", outcome.why.as_deref())];
    let rows: Vec<_> = rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    if !rows.is_empty() {
        text.push_str("| | |\n|---|---|\n");
        for (name, value) in rows {
            text.push_str(&format!("| {name} | {} |\n", marked(value)));
        }
        text.push('\n');
    }
    if let Some(release) = &outcome.release {
        // An id has nothing that could end the code, in which a backslash would be seen.
        text.push_str(&format!("`golive explain {0}`, `golive record {0}`\n\n", harmless(release)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_is_no_markup() {
        let why = Some("a | b\n<img src=x> `rm` [x](http://x) **now**".to_owned());
        let release = Some("shop_eu-1".to_owned());
        let outcome = Outcome { release, why, ..Outcome::default() };
        let text = text("shop", "1.4 (shop-1)", "rolled-back", &outcome);
        assert_eq!(
            text,
            "### shop: rolled-back, 1.4 (shop-1)\n\n| | |\n|---|---|\n\
             | Why | a \\| b \\<img src=x\\> \\`rm\\` \\[x\\](http://x) \\*\\*now\\*\\* |\n\n\
             `golive explain shop_eu-1`, `golive record shop_eu-1`\n\n"
        );
    }

    #[test]
    fn it_is_added_to_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("summary.md");
        std::fs::write(&file, "# the job\n").unwrap();
        let about = About { release: None, version: None, summary: Some(file.clone()) };
        add(&about, "shop", "1.4", "accepted", &Outcome::default());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "# the job\n### shop: accepted, 1.4\n\n");
    }
}
