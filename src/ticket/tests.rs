use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn tickets() -> Tickets {
    Tickets::new([7; 32], BTreeMap::new())
}

#[test]
fn a_ticket_is_good_for_a_day_and_once() {
    let tickets = tickets();
    let ticket = tickets.issue("web-1", at(0));
    assert_eq!(tickets.check(&ticket, at(0)), Ok(()));
    assert_eq!(tickets.check(&ticket, at(24 * 3600)), Ok(()));
    assert_eq!(tickets.check(&ticket, at(24 * 3600 + 1)), Err(Refused::Late));
    tickets.spend(&ticket, at(1));
    assert_eq!(tickets.check(&ticket, at(2)), Err(Refused::Used));
    let later = tickets.issue("web-1", at(60));
    assert_eq!(tickets.check(&later, at(61)), Ok(()), "another alert has another link");
    tickets.spend(&later, at(25 * 3600));
    assert!(!tickets.used.lock().unwrap().contains_key(&ticket.sign), "what is over is not kept");
}

#[test]
fn the_next_run_knows_what_was_issued_and_used() {
    let ticket = tickets().issue("web-1", at(0));
    assert_eq!(tickets().check(&ticket, at(1)), Ok(()), "the key is the same");
    let again = Tickets::new([7; 32], BTreeMap::from([(ticket.sign.clone(), ticket.until)]));
    assert_eq!(again.check(&ticket, at(1)), Err(Refused::Used));
    assert_eq!(again.check(&again.issue("web-1", at(60)), at(61)), Ok(()));
}

#[test]
fn beyond_what_is_remembered_everything_is_refused() {
    let until = at(3600).as_second();
    let used = (0..USED_MAX).map(|number| (format!("sign-{number}"), until));
    let full = Tickets::new([7; 32], used.collect());
    let ticket = full.issue("web-1", at(0));
    assert_eq!(full.check(&ticket, at(1)), Err(Refused::Used));
    full.spend(&ticket, at(3601));
    assert_eq!(full.used.lock().unwrap().len(), 1);
}

#[test]
fn what_golive_did_not_write_is_refused() {
    let tickets = tickets();
    let ticket = tickets.issue("web-1", at(0));
    let other = Tickets::new(Tickets::fresh_key().unwrap(), BTreeMap::new()).issue("web-1", at(0));
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
fn a_key_is_new_each_time_and_never_shown() {
    let [one, other] = [Tickets::fresh_key().unwrap(), Tickets::fresh_key().unwrap()];
    assert!(one != other && one != [0; 32]);
    let shown = format!("{:?}", tickets());
    assert!(shown.contains("key: Key,") && !shown.contains('7'), "{shown}");
}

#[test]
fn a_link_holds_nothing_but_what_a_link_may() {
    let ticket = tickets().issue("wéb 1&x=<b>\"\r\n", at(0));
    let link = ticket.link("https://golive.example.com/ops");
    assert!(
        link.starts_with(
            "https://golive.example.com/ops/ack?incident=w%C3%A9b%201%26x%3D%3Cb%3E%22%0D%0A&until=18000"
        ),
        "{link}"
    );
    assert!(link.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"'".contains(&byte)), "{link}");
}
