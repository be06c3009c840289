//! What lies between two tags of a team's repository, by the git program.
//!
//! The repository is somebody else's: its configuration may name programs, and what it lacks may be fetched by any of them.
//! Nothing of that is run. golive names the directory itself, so that git neither looks for another one nor asks whose it is,
//! and versions reach git as hashes that it has looked up, never as words that could be options.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::content::{Commit, Found, Unread};
use crate::program::{self, Ended, Left};
use crate::untrusted::clean;

mod commit;
#[cfg(test)]
mod tests;

/// One call of git takes no longer.
const LIMIT: Duration = Duration::from_secs(5);

/// So many commits are kept, the newest.
const MOST: usize = 200;

/// So much of what git prints is kept, in bytes.
const PRINTED: usize = 256 << 10;

/// What the repository's configuration may say, said otherwise.
const SETTINGS: [&str; 7] = [
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.pager=cat",
    "log.showSignature=false",
    "protocol.allow=never",
    "maintenance.auto=false",
];

/// What the host's configuration and environment may say, said otherwise. A missing object is not fetched: neither at all
/// (`GIT_NO_LAZY_FETCH`, which older versions do not know) nor over any protocol.
const ENVIRONMENT: [(&str, &str); 14] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", "false"),
    ("GIT_SSH_COMMAND", "false"),
    ("GIT_PAGER", "cat"),
    ("LC_ALL", "C"),
    ("TZ", "UTC"),
];

/// The commits that the second tag has and the first has not, without merges.
pub async fn between(repository: &Path, from: &str, to: &str) -> Found {
    match read(repository, from, to).await {
        Ok((commits, more)) => Found::Commits { commits, more },
        Err(why) => Found::Nothing(why),
    }
}

async fn read(repository: &Path, from: &str, to: &str) -> Result<(Vec<Commit>, bool), Unread> {
    let git = Git { directory: found(repository).await? };
    let range = format!("{}..{}", git.hash(from).await?, git.hash(to).await?);
    let count = format!("--max-count={}", MOST + 1);
    let subjects = git.log(&[&count, "--format=%H %<(200,trunc)%s"], &range).await?;
    // A footer may say so where the subject does not.
    let footer = "--grep=^BREAKING[ -]CHANGE:";
    let breaking = git.log(&[&count, "--extended-regexp", footer, "--format=%H"], &range).await?;
    let breaking: Vec<&str> = breaking.lines().collect();
    // Of an output that was too long the end is there, from the middle of a line on.
    let cut = subjects.len() >= PRINTED;
    let mut commits: Vec<Commit> = subjects
        .lines()
        .skip(usize::from(cut))
        .filter_map(|line| line.split_once(' '))
        .map(|(hash, subject)| commit::read(hash, subject, breaking.contains(&hash)))
        .collect();
    let more = cut || commits.len() > MOST;
    commits.truncate(MOST);
    Ok((commits, more))
}

/// The directory that git works on: a repository's own, or what is within a checkout; none where there is no repository.
pub fn directory(repository: &Path) -> Option<PathBuf> {
    let inside = repository.join(".git");
    if inside.exists() {
        return Some(inside);
    }
    repository.join("HEAD").exists().then(|| repository.to_owned())
}

/// The same; a file system that does not answer is not waited for.
async fn found(repository: &Path) -> Result<PathBuf, Unread> {
    let place = repository.to_owned();
    let look = tokio::task::spawn_blocking(move || directory(&place));
    let found = tokio::time::timeout(LIMIT, look).await.ok().and_then(Result::ok).flatten();
    found.ok_or_else(|| Unread::NoRepository { path: clean(&repository.display().to_string()) })
}

struct Git {
    directory: PathBuf,
}

impl Git {
    /// The commit of a tag.
    async fn hash(&self, tag: &str) -> Result<String, Unread> {
        let none = || Unread::NoTag { tag: clean(tag) };
        if !is_tag(tag) {
            return Err(none());
        }
        let name = format!("refs/tags/{tag}^{{commit}}");
        let ended = self.run(&["rev-parse", "--verify", "--end-of-options", &name]).await?;
        let hash = ended.line.trim();
        if ended.status.success() && hash.len() >= 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(hash.to_owned());
        }
        if ended.stderr.contains("Needed a single revision") { Err(none()) } else { Err(failed(&ended)) }
    }

    async fn log(&self, options: &[&str], range: &str) -> Result<String, Unread> {
        let plain = [
            "log",
            "--no-merges",
            "--no-patch",
            "--no-ext-diff",
            "--no-textconv",
            "--no-show-signature",
            "--no-color",
            "--no-decorate",
            "--no-notes",
            "--no-mailmap",
            "--encoding=UTF-8",
        ];
        let ended = self.run(&[&plain, options, &["--end-of-options", range, "--"]].concat()).await?;
        if ended.status.success() { Ok(ended.stdout) } else { Err(failed(&ended)) }
    }

    async fn run(&self, arguments: &[&str]) -> Result<Ended, Unread> {
        let directory = format!("--git-dir={}", self.directory.display());
        let mut argv = vec!["git", "--no-pager", "--no-replace-objects", "--no-optional-locks", &directory];
        argv.extend(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        argv.extend(arguments);
        let argv: Vec<String> = argv.into_iter().map(str::to_owned).collect();
        let environment = ENVIRONMENT.map(|(name, value)| (name, value.to_owned()));
        let ended = program::run_keeping(&argv, &environment, Some(LIMIT), Left::Killed, PRINTED).await;
        ended.map_err(|error| Unread::Failed { seen: clean(&error.to_string()) })
    }
}

fn failed(ended: &Ended) -> Unread {
    let said = ended.stderr.lines().find(|line| !line.trim().is_empty());
    let seen = said.map_or_else(|| format!("git ended with {}", ended.status), clean);
    Unread::Failed { seen }
}

/// Whether a tag can be called so (git-check-ref-format): anything else could be more than a name.
pub fn is_tag(tag: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none();
    let acts = |character: char| {
        character.is_control() || character.is_whitespace() || "~^:?*[\\".contains(character)
    };
    tag.split('/').all(part)
        && tag.len() <= 250
        && !tag.contains(acts)
        && !tag.contains("..")
        && !tag.contains("@{")
        && !tag.ends_with('.')
}
