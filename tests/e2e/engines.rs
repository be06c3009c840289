//! Engines of other ages than the one that the tests run on, as far as the paths tell that they know.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use golive_fixtures::host::Host;

/// The newest engines know no API before 1.44; the oldest stop at 1.30.
#[test]
fn the_newest_and_the_oldest_are_spoken_to_in_what_they_know() {
    for (age, first, last) in [("newest", 44, 99), ("oldest", 12, 30)] {
        let mut host = Host::new(&format!("engine-{age}"));
        let proxy = host.through_proxy();
        proxy.know_only(first, last);
        assert!(asked(&host, "/v1.41/version").starts_with("HTTP/1.1 400"), "it knows no other");
        host.write_rules("[service.shop.health.engine]\ndocker = true\n");
        host.with_good_version();
        host.deploy("2", &["--fail-after", "1s"]);
        host.eventually("it is rolled back", || host.hook.posts("rollback-succeeded").len() == 1);
        host.assert_only("1");
        let check = host.golive(&["check", "--online"]);
        assert!(check.status.success(), "{age}: {}", String::from_utf8_lossy(&check.stdout));
    }
}

fn asked(host: &Host, path: &str) -> String {
    let mut engine = UnixStream::connect(&host.docker_socket).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
    engine.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    drop(engine.read_to_string(&mut answer));
    answer
}
