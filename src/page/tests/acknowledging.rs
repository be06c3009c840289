use super::*;

fn now() -> Timestamp {
    Clock::start().now()
}

async fn served() -> Served {
    let view = View { incidents: vec![incident("shop-1", HOSTILE)], ..View::default() };
    Served::start(view, Language::English).await
}

#[tokio::test]
async fn looking_changes_nothing_and_the_button_works_once() {
    let served = served().await;
    let link = served.tickets.issue("shop-1", now()).link("");
    for _ in 0..3 {
        let (status, _, body) = served.get(&link).await;
        assert_eq!(status, 200);
        assert!(body.contains("<form method=\"post\" action=\"ack?incident=shop-1&amp;until="), "{body}");
        assert!(
            body.contains("[URGENT] shop: release ? needs your decision: &lt;script&gt;")
                && !body.contains("<script"),
            "{body}"
        );
    }
    assert_eq!(served.ask(reqwest::Method::HEAD, &link, None).await.0, 200);
    assert!(served.acknowledged().is_empty(), "what only looks takes nothing on");
    let (status, body) = served.post(&link).await;
    assert_eq!(status, 200);
    assert!(body.contains("You have it."), "{body}");
    assert_eq!(served.acknowledged(), ["shop-1"]);
    let (status, body) = served.post(&link).await;
    assert_eq!(status, 410);
    assert!(body.contains("used already"), "{body}");
    assert_eq!(served.get(&link).await.0, 410);
    assert_eq!(served.acknowledged(), ["shop-1"], "once");
}

#[tokio::test]
async fn two_at_once_are_one() {
    let served = served().await;
    let link = served.tickets.issue("shop-1", now()).link("");
    let (first, second) = tokio::join!(served.post(&link), served.post(&link));
    let mut both = [first.0, second.0];
    both.sort_unstable();
    assert_eq!(both, [200, 410]);
    assert_eq!(served.acknowledged(), ["shop-1"]);
}

#[tokio::test]
async fn what_golive_did_not_sign_does_nothing() {
    let served = served().await;
    let ticket = served.tickets.issue("shop-1", now());
    let link = ticket.link("");
    let day_before = now().checked_sub(std::time::Duration::from_hours(25)).unwrap();
    for (path, status) in [
        ("/ack".to_owned(), 403),
        ("/ack?incident=shop-1".to_owned(), 403),
        (link.replace("shop-1", "shop-2"), 403),
        (link.replace("until=1", "until=2"), 403),
        (format!("{link}x"), 403),
        ("/ack?incident=shop-1&until=x&sign=y".to_owned(), 400),
        (served.tickets.issue("shop-1", day_before).link(""), 410),
    ] {
        assert_eq!(served.post(&path).await.0, status, "{path}");
        assert_eq!(served.get(&path).await.0, status, "{path}");
    }
    assert!(served.acknowledged().is_empty());
}

#[tokio::test]
async fn what_is_over_or_taken_is_said_to_be() {
    let served = served().await;
    let (link, gone) = (served.tickets.issue("shop-1", now()), served.tickets.issue("shop-7", now()));
    assert!(served.post(&gone.link("")).await.1.contains("it is over"));
    let state = IncidentState::Acknowledged { by: "Ada <b>".to_owned() };
    let taken = Incident { state, ..incident("shop-1", "x") };
    served.views.send_replace(Arc::new(View { incidents: vec![taken], ..View::default() }));
    let (status, body) = served.post(&link.link("")).await;
    assert_eq!(status, 200);
    assert!(body.contains("Ada &lt;b&gt; has it already."), "{body}");
    assert!(served.acknowledged().is_empty());
}
