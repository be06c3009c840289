use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

#[test]
fn a_ticket_is_good_for_a_day_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let tickets = Tickets::open(dir.path()).unwrap();
    let ticket = tickets.issue("web-1", at(0));
    assert_eq!(tickets.check(&ticket, at(0)), Ok(()));
    assert_eq!(tickets.check(&ticket, at(24 * 3600)), Ok(()));
    assert_eq!(tickets.check(&ticket, at(24 * 3600 + 1)), Err(Refused::Late));
    tickets.spend(&ticket, at(1)).unwrap();
    assert_eq!(tickets.check(&ticket, at(2)), Err(Refused::Used));
    let again = Tickets::open(dir.path()).unwrap();
    assert_eq!(again.check(&ticket, at(3)), Err(Refused::Used), "a restart does not make it good again");
    let later = again.issue("web-1", at(60));
    assert_eq!(
        again.check(&later, at(61)),
        Ok(()),
        "the key is the same, and another alert has another link"
    );
    again.spend(&later, at(25 * 3600)).unwrap();
    assert!(!again.used.lock().unwrap().contains_key(&ticket.sign), "what is over is not kept");
}

#[test]
fn what_golive_did_not_write_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let tickets = Tickets::open(dir.path()).unwrap();
    let ticket = tickets.issue("web-1", at(0));
    let other = Tickets::open(tempfile::tempdir().unwrap().path()).unwrap().issue("web-1", at(0));
    let forged = [
        Ticket { incident: "web-2".to_owned(), ..ticket.clone() },
        Ticket { until: ticket.until + 1, ..ticket.clone() },
        Ticket { sign: String::new(), ..ticket.clone() },
        Ticket { sign: format!("{}A", ticket.sign), ..ticket.clone() },
        Ticket { sign: "!".repeat(43), ..ticket.clone() },
        other,
    ];
    for ticket in forged {
        assert_eq!(tickets.check(&ticket, at(0)), Err(Refused::Foreign), "{ticket:?}");
    }
}

#[test]
fn the_key_is_for_its_owner_and_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let tickets = Tickets::open(dir.path()).unwrap();
    tickets.spend(&tickets.issue("a", at(0)), at(0)).unwrap();
    for file in ["link-key", "links-used"] {
        let mode = fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert!(format!("{tickets:?}").contains("key: Key,"), "{tickets:?}");
    fs::write(dir.path().join("link-key"), b"short").unwrap();
    assert!(Tickets::open(dir.path()).unwrap_err().to_string().ends_with("is not a key of golive's"));
}

#[test]
fn a_link_holds_nothing_but_what_a_link_may() {
    let dir = tempfile::tempdir().unwrap();
    let ticket = Tickets::open(dir.path()).unwrap().issue("wéb 1&x=<b>\"\r\n", at(0));
    let link = ticket.link("https://golive.example.com/ops");
    assert!(
        link.starts_with(
            "https://golive.example.com/ops/ack?incident=w%C3%A9b%201%26x%3D%3Cb%3E%22%0D%0A&until=18000"
        ),
        "{link}"
    );
    assert!(link.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'".contains(&byte)), "{link}");
}
