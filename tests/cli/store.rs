//! What stands under golive's state: a disk that stands still, is slow, full or gone.

use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use golive::clock::Clock;
use golive_fixtures::receiver::Receiver;
use jiff::Timestamp;
use serde_json::Value;

use crate::shop::Shop;

/// Rules by which everything is told there.
pub(crate) fn told_to(sink: &Receiver) -> String {
    let address = sink.url("");
    format!(
        "[channel.all]\nwebhook = {{ url = \"{address}\", format = \"standard\" }}\n\
         [alert.urgent]\nchannels = [\"all\"]\n[alert.important]\nchannels = [\"all\"]\n"
    )
}

/// The times at which systemd's watchdog was petted.
fn pets(shop: &mut Shop, every: Duration) -> Arc<Mutex<Vec<Timestamp>>> {
    shop.kill();
    let socket = UnixDatagram::bind(shop.path("notify")).unwrap();
    let pets = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&pets);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            if String::from_utf8_lossy(&buffer[..length]).contains("WATCHDOG=1") {
                heard.lock().unwrap().push(Clock::wall());
            }
        }
    });
    let mut daemon = shop.command(&["daemon"]);
    daemon.env("NOTIFY_SOCKET", shop.path("notify")).env("WATCHDOG_USEC", every.as_micros().to_string());
    shop.spawn_as(daemon);
    pets
}

fn longest(pets: &[Timestamp]) -> Duration {
    let gaps = pets.windows(2).map(|two| two[1].duration_since(two[0]).unsigned_abs());
    gaps.max().unwrap_or(Duration::MAX)
}

/// Nobody else writes while it is there.
fn lock(shop: &Shop) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(shop.path("state/golive.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[test]
fn a_store_that_stands_still_is_told_stops_no_watching_and_doubles_nothing() {
    let sink = Receiver::start();
    let mut shop = Shop::open(&told_to(&sink));
    let pets = pets(&mut shop, Duration::from_secs(3));
    shop.until("it is back", |shop| shop["accepted"]["version"] == "1");
    let still = lock(&shop);
    shop.deploy("2", false);
    shop.eventually("it is told, from memory", || sink.posts("store-unavailable").len() == 1);
    shop.eventually("what was decided is told, too", || sink.posts("rollback-started").len() == 1);
    assert_eq!(shop.version(), "2", "nothing is done that is not on record");
    drop(still);
    shop.says(10, &["wait", "shop"]);
    shop.eventually("that it is back is told", || sink.posts("store-recovered").len() == 1);
    shop.eventually("what followed is told", || sink.posts("rollback-succeeded").len() == 1);
    let log: Vec<Value> = serde_json::from_str(&shop.says(0, &["notify", "log", "--json"])).unwrap();
    let waits = log.iter().filter(|delivery| delivery["state"] == "pending").count();
    assert_eq!(waits, 0, "{log:#?}");
    assert_eq!(sink.posts("rollback-not-ready").len(), 0, "what is late is not missing");
    for event in ["store-unavailable", "rollback-started", "store-recovered", "rollback-succeeded"] {
        assert_eq!(sink.posts(event).len(), 1, "{event}");
    }
    let longest = longest(&pets.lock().unwrap());
    assert!(longest < Duration::from_millis(2500), "{longest:?} without a pet");
}

/// What keeps a version takes a while, and the store stands still before it is done; then the version is replaced, and
/// nobody could record it again.
#[test]
fn what_could_not_be_stored_yet_is_not_missing() {
    let sink = Receiver::start();
    let shop = Shop::open(&told_to(&sink));
    shop.kill();
    let slow = r#"["sh", "-c", "echo >> $0.asked; cat $0; sleep 0.5", "#;
    shop.write("rules.toml", &shop.rules().replace(r#"["cat", "#, slow));
    let asked = |shop: &Shop| std::fs::read_to_string(shop.path("version.asked")).unwrap().len();
    shop.start();
    shop.deploy("2", true);
    shop.until("version 2 is accepted", |shop| shop["accepted"]["version"] == "2");
    let still = lock(&shop);
    let before = asked(&shop);
    shop.eventually("what keeps it has asked, too", || asked(&shop) > before + 1);
    shop.deploy("3", false);
    shop.eventually("what was decided is told, too", || sink.posts("rollback-started").len() == 1);
    drop(still);
    shop.says(10, &["wait", "shop"]);
    assert_eq!(shop.version(), "2");
    shop.eventually("what followed is told", || sink.posts("rollback-succeeded").len() == 1);
    assert_eq!(sink.posts("rollback-not-ready").len(), 0, "what is late is not missing");
}

#[test]
fn a_slow_store_starves_neither_the_watchdog_nor_a_deadline() {
    let sink = Receiver::start();
    let checks = (0..10).map(|number| format!("[service.shop.health.c{number}]\ncommand = [\"true\"]\n"));
    let mut shop = Shop::open(&(told_to(&sink) + &checks.collect::<String>()));
    let pets = pets(&mut shop, Duration::from_secs(3));
    shop.until("it is back", |shop| shop["accepted"]["version"] == "1");
    let fast = Arc::new(());
    let slow = std::thread::spawn({
        let (path, going) = (shop.path("state/golive.db"), Arc::downgrade(&fast));
        move || {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.busy_timeout(Duration::from_secs(5)).unwrap();
            while going.upgrade().is_some() {
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                std::thread::sleep(Duration::from_millis(400));
                connection.execute_batch("ROLLBACK").unwrap();
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    });
    shop.deploy("2", true);
    let began = Clock::start();
    let start = began.now();
    shop.until("the release is accepted", |shop| shop["accepted"]["version"] == "2");
    let took = began.now().duration_since(start).unsigned_abs();
    assert!(took < Duration::from_secs(8), "a watch of two seconds took {took:?}");
    drop(fast);
    slow.join().unwrap();
    assert_eq!(sink.posts("store-unavailable").len(), 0, "it is slow, and nothing else");
    let longest = longest(&pets.lock().unwrap());
    assert!(longest < Duration::from_millis(2500), "{longest:?} without a pet");
}

#[test]
fn a_backup_is_whole_and_so_is_the_file_alone_when_golive_has_ended() {
    let shop = Shop::open("");
    let copy = shop.path("copy");
    let copy = copy.to_str().unwrap();
    shop.says(0, &["backup", copy]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(copy).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let refused = shop.golive(&["backup", copy]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("exists"), "{refused:?}");
    shop.deploy("2", true);
    shop.until("the release is accepted", |shop| shop["accepted"]["version"] == "2");
    shop.end();
    let log = std::fs::metadata(shop.path("state/golive.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "all of it is in the file");
    assert!(shop.says(0, &["releases"]).contains(" 2 "));
    std::fs::copy(copy, shop.path("state/golive.db")).unwrap();
    assert!(!shop.says(0, &["releases"]).contains(" 2 "));
    shop.start();
    shop.until("it goes on from there", |shop| shop["accepted"]["version"] == "2");
}
