//! One incident, one thread, with a picture of what tripped.

use super::*;
use crate::decide::curve::{Curve, Mark, Point};
use crate::model::reason::Unit;

fn numbered(number: u32, news: News) -> Notice {
    Notice { id: format!("web-1.{number}"), news, ..notice() }
}

async fn send(channel: &EmailChannel, notice: &Notice, thread: Option<&str>) -> Option<String> {
    let envelope = Envelope { thread, ..Envelope::first(notice, now()) };
    let notifier = notifier(Way::Email(channel.clone()));
    notifier.deliver("it", &channel.to[0], &envelope).await.unwrap().thread
}

#[tokio::test]
async fn a_thread_begins_with_the_mail_that_came_first() {
    let server = Server::start("plain");
    let channel = server.channel(SmtpTls::Plain);
    // The very first notice went to nobody here.
    let root = send(&channel, &numbered(2, News::RollbackStarted), None).await.unwrap();
    let done = numbered(3, News::RollbackSucceeded { took: Duration::from_secs(31) });
    assert_eq!(send(&channel, &done, Some(&root)).await, None, "the first stays the first");
    let one = EmailChannel { one_subject: true, ..channel };
    send(&one, &done, Some(&root)).await;
    send(&one, &numbered(2, News::RollbackStarted), Some(&root)).await;

    let mails: Vec<serde_json::Value> = server.mails().iter().map(|mail| parsed(mail)).collect();
    let header = |at: usize, name: &str| mails[at]["headers"][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (header(0, "Message-ID"), header(1, "Message-ID")),
        ("<web-1.2@host-1>".into(), "<web-1.3@host-1>".into())
    );
    for name in ["In-Reply-To", "References"] {
        assert_eq!(header(1, name), "<web-1.2@host-1>", "{name}");
    }
    let (first, second) = (header(0, "Subject"), header(1, "Subject"));
    assert!(first.contains("rolling back") && second.contains("rolled back"), "{first} {second}");
    assert_eq!((header(0, "Thread-Topic"), header(1, "Thread-Topic")), (first.clone(), first.clone()));
    assert_eq!(header(2, "Subject"), format!("Re: {first}"), "where every mail has the same subject");
    assert_eq!(header(3, "Subject"), first, "sent again, the first is the first");
    assert_eq!(header(3, "Message-ID"), "<web-1.2@host-1>");
    assert_eq!(header(3, "References"), "");
}

#[tokio::test]
async fn the_picture_is_in_the_mail_and_nothing_is_fetched() {
    let server = Server::start("plain");
    let channel = server.channel(SmtpTls::Plain);
    let at = |second: i64| now() + SignedDuration::from_secs(second - 600);
    let point = |second: i64| Point {
        at: at(second),
        value: if second > 300 { 0.09 } else { 0.01 },
        bad: second > 300,
    };
    let curve = Curve {
        of: "error-rate".to_owned(),
        points: (0..60).map(|step| point(step * 10)).collect(),
        unit: Unit::Ratio,
        limit: Some(0.05),
        released: Some(Mark { at: at(100), version: "1.4.2".to_owned() }),
        rolled_back: Some(Mark { at: at(590), version: "1.4.1".to_owned() }),
    };
    let notice = notice();
    let envelope = Envelope { curve: Some(&curve), ..Envelope::first(&notice, now()) };
    let notifier = notifier(Way::Email(channel.clone()));
    notifier.deliver("it", &channel.to[0], &envelope).await.unwrap();
    let mail = &server.mails()[0];
    let parts = &parsed(mail)["parts"];
    let html = parts["text/html"].as_str().unwrap();
    let caption = "error-rate, limit 5 % (dashed); release 1.4.2 (black); rollback to 1.4.1 (green)";
    assert!(html.contains("src=\"cid:chart\"") && html.contains(caption), "{html}");
    assert!(!html.contains("src=\"http") && !html.contains("url("), "nothing tells who has read it");
    assert!(parts["text/plain"].as_str().unwrap().contains(caption), "the words are in the text, too");
    let related = mail.find("multipart/related").unwrap();
    assert!(mail.find("multipart/alternative").unwrap() < mail.find("text/plain").unwrap());
    assert!(mail.find("text/plain").unwrap() < related && related < mail.find("image/png").unwrap());
    assert!(mail.contains("Content-ID: <chart>") && mail.contains("Content-Disposition: inline"), "{mail}");
    assert!(mail.contains("iVBORw0KGgo"), "a PNG");
}

/// RFC 2156 and what mail programs make of it: loud, as usual, quiet.
#[tokio::test]
async fn importance_goes_by_the_tier() {
    let server = Server::start("plain");
    for (tier, importance, priority) in
        [(Tier::Urgent, "high", "1"), (Tier::Important, "normal", "3"), (Tier::General, "low", "5")]
    {
        let before = server.mails().len();
        send(&server.channel(SmtpTls::Plain), &Notice { tier, ..notice() }, None).await;
        let mail = parsed(&server.mails()[before]);
        let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default().to_owned();
        assert_eq!(header("Importance"), importance);
        assert!(header("X-Priority").starts_with(priority), "{}", header("X-Priority"));
        assert_eq!(header("List-Id"), "golive <golive.host-1>");
    }
}
