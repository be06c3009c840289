//! Real repositories, with all that a hostile one may bring; each trap would leave a file behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::*;
use crate::model::content::Kind;

struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(TempDir::new().unwrap());
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.current_dir(self.path()).args(arguments).stderr(Stdio::inherit());
        for (name, value) in ENVIRONMENT {
            git.env(name, value);
        }
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Ann").env(format!("GIT_{who}_EMAIL"), "ann@example.com");
        }
        let output = git.output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, message: &str) {
        self.git(&["commit", "--quiet", "--allow-empty", "--no-verify", "-m", message]);
    }

    fn tag(&self, name: &str) {
        self.git(&["tag", name]);
    }

    /// Two versions with one commit between them.
    fn released() -> Self {
        let repository = Self::new();
        repository.commit("begin");
        repository.tag("v1");
        repository.commit("feat: pay by card");
        repository.tag("v2");
        repository
    }

    async fn between(&self, from: &str, to: &str) -> Found {
        between(self.path(), from, to).await
    }

    async fn subjects(&self) -> Vec<String> {
        match self.between("v1", "v2").await {
            Found::Commits { commits, .. } => commits.into_iter().map(|commit| commit.subject).collect(),
            Found::Nothing(why) => panic!("{why:?}"),
        }
    }
}

#[tokio::test]
async fn commits_between_two_tags_are_told_apart_by_kind() {
    let repository = Repository::new();
    repository.commit("feat: before");
    repository.tag("v1");
    for message in [
        "feat(cart): pay by card",
        "perf!: half the queries",
        "Fix(api) : no space belongs there",
        "fix: 积分榜排序",
        "feat：赛程提醒",
        "refactor(db)!: another schema",
        "tidy up\n\nBREAKING CHANGE: the old key is gone",
        "see http://example.com: no kind",
    ] {
        repository.commit(message);
    }
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.commit("fix: on the side");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.git(&["merge", "--quiet", "--no-ff", "-m", "feat: a merge is no change", "side"]);
    repository.git(&["tag", "-a", "-m", "annotated", "v2"]);
    repository.commit("feat: after");
    let Found::Commits { commits, more } = repository.between("v1", "v2").await else { panic!() };
    let mut told: Vec<_> =
        commits.iter().map(|commit| (commit.kind, commit.breaking, commit.subject.as_str())).collect();
    told.sort_by_key(|(kind, ..)| *kind);
    let wanted = [
        (Kind::Feature, false, "赛程提醒"),
        (Kind::Feature, false, "cart: pay by card"),
        (Kind::Improvement, true, "half the queries"),
        (Kind::Fix, false, "on the side"),
        (Kind::Fix, false, "积分榜排序"),
        (Kind::Other, false, "see http://example.com: no kind"),
        (Kind::Other, true, "tidy up"),
        (Kind::Other, true, "refactor(db)!: another schema"),
        (Kind::Other, false, "Fix(api) : no space belongs there"),
    ];
    let sorted = |mut all: Vec<(Kind, bool, &'static str)>| {
        all.sort_unstable();
        all
    };
    told.sort_unstable();
    assert_eq!(told, sorted(wanted.to_vec()));
    assert!(!more);
    assert!(commits.iter().all(|commit| commit.id.len() == 12), "{commits:?}");
    // Back to an older version nothing is new.
    assert_eq!(repository.between("v2", "v1").await, Found::Commits { commits: Vec::new(), more: false });
    assert_eq!(repository.between("v1", "v1").await, Found::Commits { commits: Vec::new(), more: false });
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let repository = Repository::released();
    let none = |tag: &str| Found::Nothing(Unread::NoTag { tag: tag.to_owned() });
    assert_eq!(repository.between("v1", "v9").await, none("v9"));
    assert_eq!(repository.between("v9", "v2").await, none("v9"));
    // A branch of that name is no tag.
    assert_eq!(repository.between("v1", "main").await, none("main"));
    let dir = TempDir::new().unwrap();
    let path = |path: &Path| Found::Nothing(Unread::NoRepository { path: path.display().to_string() });
    assert_eq!(between(dir.path(), "v1", "v2").await, path(dir.path()));
    let gone = dir.path().join("gone");
    assert_eq!(between(&gone, "v1", "v2").await, path(&gone));
    // Within another repository there is none either.
    let within = repository.path().join("folder");
    fs::create_dir(&within).unwrap();
    assert_eq!(between(&within, "v1", "v2").await, path(&within));
    // What only looks like one.
    fs::write(dir.path().join(".git"), "gitdir: /nowhere\n").unwrap();
    let found = between(dir.path(), "v1", "v2").await;
    assert!(matches!(&found, Found::Nothing(Unread::Failed { seen }) if !seen.is_empty()), "{found:?}");
}

#[tokio::test]
async fn a_bare_repository_and_a_worktree_are_read_too() {
    let repository = Repository::released();
    let dir = TempDir::new().unwrap();
    let (bare, tree) = (dir.path().join("bare.git"), dir.path().join("tree"));
    repository.git(&["-c", "protocol.allow=always", "worktree", "add", "--quiet", tree.to_str().unwrap()]);
    fs::create_dir(&bare).unwrap();
    let copied = Command::new("cp").arg("-r").arg(repository.path().join(".git/.")).arg(&bare).status();
    assert!(copied.unwrap().success());
    for place in [bare, tree] {
        let found = between(&place, "v1", "v2").await;
        let Found::Commits { commits, .. } = found else { panic!("{place:?}: {found:?}") };
        assert_eq!(commits.len(), 1);
    }
}

/// A version may be called whatever an image's tag is called, or a label says.
#[tokio::test]
async fn a_version_is_never_an_option_or_an_expression() {
    let repository = Repository::released();
    let made = repository.path().join("made");
    let output = format!("--output={}", made.display());
    for tag in [
        output.as_str(),
        "--exec=touch made",
        "-n1",
        "v1..v2",
        "v2^{/pay.*}",
        "v2~1",
        "v2^",
        "v2:file",
        "@{-1}",
        "a b",
        "v2\n",
        "v2\0",
        "",
        ".",
        "../../HEAD",
        "x.lock",
        "版本 2",
        &"v".repeat(100_000),
    ] {
        for (from, to) in [("v1", tag), (tag, "v2")] {
            let found = repository.between(from, to).await;
            assert!(matches!(found, Found::Nothing(Unread::NoTag { .. })), "{tag:?}: {found:?}");
        }
    }
    assert!(!made.exists());
    // One that git would take for an option by its name is a tag where it is one.
    let hash = repository.git(&["rev-parse", "v2"]);
    repository.git(&["update-ref", "refs/tags/--output=made", &hash]);
    let Found::Commits { commits, .. } = repository.between("v1", "--output=made").await else { panic!() };
    assert_eq!(commits.len(), 1);
    assert!(!made.exists());
}

/// Each of these would run a program that leaves a file behind.
#[tokio::test]
async fn nothing_of_a_hostile_repository_is_run() {
    let repository = Repository::released();
    let (place, sprung) = (repository.path(), repository.path().join("sprung"));
    let trap = place.join("trap");
    fs::write(&trap, format!("#!/bin/sh\ntouch {}\ncat\n", sprung.display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.display().to_string();
    let hooks = place.join("hooks");
    fs::create_dir(&hooks).unwrap();
    for hook in ["post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"] {
        for folder in [&hooks, &place.join(".git/hooks")] {
            fs::create_dir_all(folder).unwrap();
            fs::copy(&trap, folder.join(hook)).unwrap();
        }
    }
    fs::write(place.join(".gitattributes"), "* diff=evil filter=evil\n").unwrap();
    for (name, value) in [
        ("core.fsmonitor", trap.as_str()),
        ("core.hooksPath", hooks.to_str().unwrap()),
        ("core.pager", &trap),
        ("pager.log", &trap),
        ("core.sshCommand", &trap),
        ("core.askPass", &trap),
        ("core.editor", &trap),
        ("core.gitProxy", &trap),
        ("core.alternateRefsCommand", &trap),
        ("credential.helper", &format!("!{trap}")),
        ("gpg.program", &trap),
        ("log.showSignature", "true"),
        ("diff.external", &trap),
        ("diff.evil.textconv", &trap),
        ("diff.evil.command", &trap),
        ("filter.evil.smudge", &trap),
        ("filter.evil.process", &trap),
        ("alias.log", &format!("!{trap}")),
        ("alias.rev-parse", &format!("!{trap}")),
        ("log.mailmap", "true"),
        ("mailmap.file", &trap),
        ("format.pretty", "%GG"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("submodule.recurse", "true"),
    ] {
        repository.git(&["config", name, value]);
    }
    // Signed, so that whoever shows signatures would have them checked.
    let tree = repository.git(&["write-tree"]);
    let parent = repository.git(&["rev-parse", "v2"]);
    let commit = format!(
        "tree {tree}\nparent {parent}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\
         gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nfix: signed\n"
    );
    fs::write(place.join("commit"), commit).unwrap();
    let hash = repository.git(&["hash-object", "-t", "commit", "-w", "commit"]);
    repository.git(&["update-ref", "refs/tags/v2", &hash]);
    drop(fs::remove_file(&sprung));
    assert_eq!(repository.subjects().await, ["signed", "pay by card"]);
    assert!(!sprung.exists(), "a program of the repository's was run");
}

/// What is missing is not fetched: a remote may be a program.
#[tokio::test]
async fn what_is_missing_is_not_fetched() {
    let repository = Repository::released();
    let sprung = repository.path().join("sprung");
    let missing = repository.git(&["rev-parse", "v2"]);
    let object = repository.path().join(".git/objects").join(&missing[..2]).join(&missing[2..]);
    repository.commit("fix: on top");
    repository.git(&["tag", "--force", "v2"]);
    fs::set_permissions(&object, fs::Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(object).unwrap();
    let trap = format!("sh -c touch% {}", sprung.display());
    for url in
        [format!("ext::{trap}"), format!("file://{}", repository.path().display()), "ssh://h/x".to_owned()]
    {
        for (name, value) in [
            ("core.repositoryformatversion", "1"),
            ("extensions.partialClone", "origin"),
            ("remote.origin.promisor", "true"),
            ("remote.origin.url", url.as_str()),
            ("remote.origin.uploadpack", &format!("touch {};", sprung.display())),
            ("core.sshCommand", &format!("touch {};", sprung.display())),
            ("protocol.ext.allow", "always"),
            ("protocol.allow", "always"),
        ] {
            repository.git(&["config", name, value]);
        }
        let found = repository.between("v1", "v2").await;
        assert!(matches!(&found, Found::Nothing(Unread::Failed { .. })), "{url}: {found:?}");
        assert!(!sprung.exists(), "{url}");
    }
}

#[tokio::test]
async fn there_is_an_end_to_how_many_and_how_long_they_are() {
    let repository = Repository::new();
    repository.commit("begin");
    repository.tag("v1");
    let mut stream = String::new();
    let from = repository.git(&["rev-parse", "v1"]);
    for number in 0..=MOST {
        let message = format!("fix: {number} {}\u{1b}[31m\u{202e}", "\u{301}字".repeat(2_000));
        let from = if number == 0 { format!("from {from}\n") } else { String::new() };
        let at = 1_700_000_000 + number;
        stream += &format!(
            "commit refs/heads/main\ncommitter A <a@b> {at} +0000\ndata {}\n{message}\n{from}",
            message.len()
        );
    }
    let place = repository.path().join("stream");
    fs::write(&place, stream).unwrap();
    let import = Command::new("git")
        .current_dir(repository.path())
        .args(["fast-import", "--quiet", "--force"])
        .stdin(fs::File::open(place).unwrap())
        .status();
    assert!(import.unwrap().success());
    repository.tag("v2");
    let Found::Commits { commits, more } = repository.between("v1", "v2").await else { panic!() };
    assert!(more && !commits.is_empty() && commits.len() <= MOST, "{}", commits.len());
    for commit in commits {
        assert!(
            commit.subject.len() <= 303 && !commit.subject.contains(crate::untrusted::acts),
            "{commit:?}"
        );
    }
}

/// A file that never ends, say, is not waited for.
#[tokio::test]
async fn what_is_no_repository_does_not_hold_golive_up() {
    let repository = Repository::released();
    let config = repository.path().join(".git/config");
    fs::write(&config, "[core\n\0").unwrap();
    let found = repository.between("v1", "v2").await;
    assert!(matches!(&found, Found::Nothing(Unread::Failed { .. })), "{found:?}");
    fs::remove_file(&config).unwrap();
    assert!(Command::new("mkfifo").arg(&config).status().unwrap().success());
    let found = tokio::time::timeout(LIMIT * 3, repository.between("v1", "v2")).await.unwrap();
    assert!(matches!(&found, Found::Nothing(Unread::Failed { .. })), "{found:?}");
}
