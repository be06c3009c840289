use super::*;

fn shell(script: &str) -> Probe {
    let argv = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    probe(CheckKind::Command { argv }, TIMEOUT)
}

fn command(argv: &[&str], timeout: Duration) -> Probe {
    probe(CheckKind::Command { argv: argv.iter().map(|&it| it.to_owned()).collect() }, timeout)
}

#[tokio::test]
async fn the_exit_code_and_the_last_words_are_told() {
    assert_eq!(look(&shell("exit 0")).await, Outcome::Ok);
    assert_eq!(
        look(&shell("echo first >&2; echo 'no space' >&2; echo >&2; exit 3")).await,
        told("exit 3: no space")
    );
    assert_eq!(look(&shell("echo said; exit 1")).await, told("exit 1: said"));
    assert_eq!(look(&shell("exit 7")).await, told("exit 7"));
    assert!(failed(&look(&shell("kill -9 $$")).await).contains("signal: 9"));
    let colored = look(&shell("printf 'a\\033[31mb\\200' >&2; exit 1")).await;
    assert_eq!(colored, told("exit 1: a\\u{1b}[31mb\u{fffd}"));
}

#[tokio::test]
async fn what_cannot_be_run_is_blind() {
    let missing = look(&command(&["/nonexistent/check"], TIMEOUT)).await;
    assert!(blind(&missing).starts_with("cannot run /nonexistent/check: "), "{missing:?}");
    let not_a_program = look(&command(&["/etc/passwd"], TIMEOUT)).await;
    assert!(blind(&not_a_program).contains("cannot run /etc/passwd"));
    assert_eq!(blind(&look(&command(&[], TIMEOUT)).await), "no command is named");
}

#[tokio::test]
async fn a_flood_of_output_neither_blocks_nor_is_kept() {
    let script = "head -c 100000000 /dev/zero | tr '\\0' x; echo over >&2; exit 4";
    let flood = command(&["/bin/sh", "-c", script], Duration::from_secs(20));
    assert_eq!(look(&flood).await, told("exit 4: over"));
    let long = command(
        &["/bin/sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1"],
        Duration::from_secs(20),
    );
    assert!(failed(&look(&long).await).len() < 300);
}

#[tokio::test]
async fn at_the_deadline_its_whole_group_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    let script = format!(
        "trap '' TERM INT HUP; sh -c 'trap \"\" TERM; echo $$ >> {0}; while :; do sleep 1; done' & \
         echo $$ >> {0}; while :; do sleep 1; done",
        pids.display()
    );
    assert_eq!(look(&shell(&script)).await, told("had not ended after 500ms and was killed"));
    let pids = std::fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    for pid in pids.lines() {
        ended(pid).await;
    }
}

#[tokio::test]
async fn a_check_that_leaves_somebody_behind_with_its_output_ends_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let pid = dir.path().join("pid");
    let script = format!("sleep 1000 & echo $! > {}; exit 0", pid.display());
    assert_eq!(look(&shell(&script)).await, Outcome::Ok);
    ended(std::fs::read_to_string(pid).unwrap().trim()).await;
}

fn told(seen: &str) -> Outcome {
    Outcome::Failed(seen.to_owned())
}

/// Waits until a process is gone or only waits to be collected.
async fn ended(pid: &str) {
    let alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
    };
    let gone = async {
        while alive() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.unwrap_or_else(|_| panic!("{pid} lives on"));
}
