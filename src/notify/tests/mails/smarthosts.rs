//! Several smarthosts, every way to log in, and servers that hang.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

fn through(places: Vec<Smtp>, server: &Server) -> EmailChannel {
    EmailChannel { smtp: places, ..server.channel(SmtpTls::Plain) }
}

#[tokio::test]
async fn the_next_smarthost_takes_what_one_does_not() {
    let (gone, busy, good) = (Server::start("plain"), Server::start("busy"), Server::start("plain"));
    let places = [&gone, &busy, &good].map(|server| server.place(SmtpTls::Plain));
    drop(gone);
    let receipt = tell(through(places.to_vec(), &good), &notice()).await.unwrap();
    let told = format!("250 2.0.0 taken (localhost:{}, since others did not take it)", good.port);
    assert_eq!(receipt.answer, told);
    assert_eq!((busy.mails().len(), good.mails().len()), (0, 1));

    let refusal = tell(through(places[..2].to_vec(), &good), &notice()).await.unwrap_err();
    assert_eq!(later(&refusal), None);
    let text = refusal.text;
    assert!(text.contains("refused") && text.contains("; ") && text.contains("451"), "{text}");
}

#[tokio::test]
async fn who_is_unknown_to_one_is_not_asked_for_at_another() {
    let (unknown, good) = (Server::start("unknown"), Server::start("plain"));
    let places = [&unknown, &good].map(|server| server.place(SmtpTls::Plain));
    let refusal = tell(through(places.to_vec(), &good), &notice()).await.unwrap_err();
    assert_eq!(refusal.retry, Retry::Never);
    assert!(refusal.text.contains("550") && good.mails().is_empty(), "{}", refusal.text);
}

/// Each recipient has a transaction of its own: what becomes of one is nothing to the others.
#[tokio::test]
async fn every_recipient_has_a_result() {
    let server = Server::start("strict");
    let mut results = Vec::new();
    for to in ["ann@example.com", "nobody@example.com", "later@example.com", "ben@example.com"] {
        let channel = EmailChannel { to: vec![to.to_owned()], ..server.channel(SmtpTls::Plain) };
        results.push(tell(channel, &notice()).await.map_err(|refusal| refusal.retry).map(drop));
    }
    assert_eq!(results, [Ok(()), Err(Retry::Never), Err(Retry::Later(None)), Ok(())]);
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test]
async fn every_way_to_log_in_is_known() {
    for (mode, kind) in [("login", LoginKind::Password), ("xoauth2", LoginKind::Token)] {
        let server = Server::start(mode);
        let with = |word: &str| {
            let mut channel = server.with_login(SmtpTls::StartTls, word);
            if let Some(login) = &mut channel.login {
                login.kind = kind;
            }
            channel
        };
        tell(with("right"), &notice()).await.unwrap();
        assert!(server.mails()[0].contains("tls=True"), "{mode}");
        let refusal = tell(with("wr0ng-s3cret"), &notice()).await.unwrap_err();
        assert_eq!(later(&refusal), None, "{mode}: it can be mended");
        assert!(!refusal.text.contains("s3cret"), "{mode}: {}", refusal.text);
        assert_eq!(server.mails().len(), 1, "{mode}");
    }
    let server = Server::start("xoauth2");
    let refusal = tell(server.with_login(SmtpTls::StartTls, "right"), &notice()).await.unwrap_err();
    assert!(
        refusal.text.contains("it offers only XOAUTH2, and golive wants PLAIN or LOGIN"),
        "{}",
        refusal.text
    );
}

/// Servers that stop talking, after so many words.
async fn hangs_after(words: &'static [&'static str]) -> Smtp {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            for word in words {
                stream.write_all(word.as_bytes()).await.unwrap();
                drop(stream.read(&mut [0; 4096]).await);
            }
            // A message now and then is no answer.
            drop(stream.write_all(b"2").await);
            kept.push(stream);
        }
    });
    Smtp { host: "127.0.0.1".to_owned(), port, tls: SmtpTls::Plain }
}

#[tokio::test]
async fn who_is_turned_away_at_one_door_goes_to_the_next() {
    let good = Server::start("plain");
    let away = hangs_after(&["554 5.7.1 you are on a list\r\n"]).await;
    let places = vec![away.clone(), good.place(SmtpTls::Plain)];
    let receipt = tell(through(places, &good), &notice()).await.unwrap();
    assert!(receipt.answer.contains("since others did not take it"), "{}", receipt.answer);
    let refusal = tell(through(vec![away], &good), &notice()).await.unwrap_err();
    assert_eq!(later(&refusal), None, "an administrator can mend it");
    assert!(refusal.text.contains("554"), "{}", refusal.text);
}

#[tokio::test]
async fn no_step_waits_for_ever_and_the_next_smarthost_has_its_turn() {
    let good = Server::start("plain");
    let silent = [
        hangs_after(&[]).await,
        hangs_after(&["220 hi\r\n"]).await,
        hangs_after(&["220 hi\r\n", "250 me\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"]).await,
    ];
    for smtp in silent {
        let channel = through(vec![smtp.clone(), good.place(SmtpTls::Plain)], &good);
        let mut notifier = notifier(Way::Email(channel.clone()));
        notifier.patience = Duration::from_secs(6);
        let notice = notice();
        let receipt = notifier.deliver("it", &channel.to[0], &Envelope::first(&notice, now())).await.unwrap();
        assert!(receipt.answer.contains("since others did not take it"), "{}", receipt.answer);

        notifier = super::notifier(Way::Email(through(vec![smtp], &good)));
        notifier.patience = Duration::from_secs(1);
        let refusal =
            notifier.deliver("it", &channel.to[0], &Envelope::first(&notice, now())).await.unwrap_err();
        assert_eq!(later(&refusal), None);
        assert!(refusal.text.contains("no answer within"), "{}", refusal.text);
    }
    assert_eq!(good.mails().len(), 3);
}
