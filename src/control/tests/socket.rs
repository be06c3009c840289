//! Making the socket, and ending.

use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

use super::*;
use crate::control::client::ClientError;
use crate::control::peer::golive_group;

#[tokio::test]
async fn only_its_user_and_its_group_may_use_it() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("run/golive.sock");
    let _listener = bind(&path).unwrap();
    let found = path.symlink_metadata().unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o7777, 0o660);
    let own = rustix::process::getegid().as_raw();
    let group = golive_group().filter(|_| rustix::process::geteuid().is_root());
    assert_eq!(found.gid(), group.unwrap_or(own));
    let beside: Vec<_> = path.parent().unwrap().read_dir().unwrap().collect();
    assert_eq!(beside.len(), 1, "nothing is left of its making");
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("golive.sock");
    std::fs::write(&path, "precious").unwrap();
    let error = bind(&path).unwrap_err();
    assert!(error.to_string().contains("not a socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

#[tokio::test]
async fn a_living_daemon_is_not_pushed_aside_and_a_dead_one_is() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("golive.sock");
    let first = bind(&path).unwrap();
    let error = bind(&path).unwrap_err();
    assert!(error.to_string().contains("another daemon"), "{error}");
    drop(first);
    assert!(path.exists(), "a killed daemon leaves its socket behind");
    bind(&path).unwrap();
}

#[tokio::test]
async fn nobody_answers_after_the_end() {
    let control = Control::start(view(shop("idle")), done());
    control.client().status(None).await.unwrap();
    control.stop.cancel();
    tokio::time::timeout(PATIENCE, control.served).await.unwrap().unwrap();
    let client = client(&control.dir.path().join("golive.sock"));
    let error = client.status(None).await.unwrap_err();
    assert!(matches!(error, ClientError::NoDaemon { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_of_something_else_is_not_taken_for_the_daemons() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("golive.sock");
    let listener = bind(&path).unwrap().listener;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _: usize = stream.read(&mut [0; 4096]).await.unwrap();
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    let error = client(&path).status(None).await.unwrap_err();
    assert!(matches!(error, ClientError::Garbled { .. }), "{error:?}");
}
