use std::process::Command;
use std::sync::mpsc;

use super::*;

/// What `id` says, which goes by the same switch.
fn id(arguments: &[&str]) -> String {
    let said = Command::new("id").args(arguments).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn users_and_groups_are_known_as_the_host_knows_them() {
    let directory = Directory::new();
    for name in ["root", "daemon", &id(&["-un"])] {
        let uid: u32 = id(&["-u", name]).parse().unwrap();
        assert_eq!(directory.user(uid).await.as_deref(), Some(name));
        let mut groups = directory.groups(uid).await;
        let mut expected: Vec<u32> = id(&["-G", name]).split(' ').map(|gid| gid.parse().unwrap()).collect();
        groups.sort_unstable();
        expected.sort_unstable();
        assert_eq!(groups, expected, "{name}");
    }
    assert_eq!(group("root"), Some(0));
}

#[tokio::test]
async fn who_is_not_there_is_not_known() {
    let directory = Directory::new();
    assert_eq!(directory.user(4_000_000).await, None);
    assert_eq!(directory.groups(4_000_000).await, Vec::<u32>::new());
    assert_eq!([group("golive-test-nobody"), group(""), group("a\0b")], [None; 3]);
}

#[tokio::test]
async fn a_silent_directory_holds_up_nobody_and_takes_few_threads() {
    let directory = Directory { patience: Duration::from_millis(100), ..Directory::new() };
    let (release, silent) = mpsc::channel::<()>();
    let silent = Arc::new(std::sync::Mutex::new(silent));
    for _ in 0..AT_ONCE {
        let silent = Arc::clone(&silent);
        let ask = move || silent.lock().ok()?.recv().ok();
        assert_eq!(directory.ask(ask).await, None, "it is not waited for");
    }
    assert_eq!(directory.seats.available_permits(), 0);
    assert_eq!(directory.user(0).await, None, "nor does one more thread begin");
    drop(release);
    let again = async { while directory.user(0).await.is_none() {} };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("it answers again");
    assert_eq!(directory.user(0).await.as_deref(), Some("root"));
}
