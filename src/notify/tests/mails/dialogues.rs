//! Dialogues as real smarthosts lead them (`tests/world/smtp`), played by a server that says what is written and takes
//! down what it hears instead.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::tests::world::{Case, cases};

/// One side's line.
enum Line {
    Server(Vec<u8>),
    /// What golive has to say; with `*` at its end, what that begins with. A lone dot stands for a whole mail.
    Client(String),
}

fn script(case: &Case) -> Vec<Line> {
    let lines = case.input.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let line = |line: &[u8]| match line.split_at(3) {
        (b"S: ", said) => Line::Server(said.to_vec()),
        (b"C: ", said) => Line::Client(String::from_utf8_lossy(said).trim_end().to_owned()),
        (_, _) => panic!("{}: {}", case.name, String::from_utf8_lossy(line)),
    };
    lines.map(line).collect()
}

/// Plays one dialogue; gives what was said otherwise, and the mails.
async fn play(listener: TcpListener, script: Vec<Line>) -> (Vec<String>, String) {
    let (mut odd, mut mail) = (Vec::new(), String::new());
    let (mut stream, _) = listener.accept().await.unwrap();
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    for line in script {
        match line {
            Line::Server(said) => write.write_all(&[said.as_slice(), b"\r\n"].concat()).await.unwrap(),
            Line::Client(wanted) => loop {
                let mut said = String::new();
                let ended = read.read_line(&mut said).await.unwrap() == 0;
                let said = said.trim_end_matches("\r\n");
                if wanted == "." && said != "." && !ended {
                    mail.push_str(said);
                    mail.push('\n');
                    continue;
                }
                let alike = wanted.strip_suffix('*').map_or(said == wanted, |start| said.starts_with(start));
                if !alike {
                    odd.push(format!("{said:?} instead of {wanted:?}"));
                }
                break;
            },
        }
    }
    (odd, mail)
}

#[tokio::test]
async fn every_smarthost_is_spoken_to_as_it_wants() {
    for case in cases("smtp") {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server: JoinHandle<_> = tokio::spawn(play(listener, script(&case)));
        let (name, dir) = (&case.name, tempfile::tempdir().unwrap());
        let text = |key: &str| case.right.get(key).map(|value| value.as_str().unwrap().to_owned());
        let login = text("username").map(|username| {
            let file = dir.path().join("secret");
            let token = text("token");
            let kind = if token.is_some() { LoginKind::Token } else { LoginKind::Password };
            std::fs::write(&file, token.or(text("password")).unwrap()).unwrap();
            Login { username, secret: Secret::File(file), kind }
        });
        let channel = EmailChannel {
            to: vec![text("to").unwrap_or_else(|| "ann@example.com".to_owned())],
            from: text("from").unwrap_or_else(|| "golive@example.com".to_owned()),
            smtp: vec![Smtp {
                host: "127.0.0.1".to_owned(),
                port,
                tls: if text("tls").is_some() { SmtpTls::StartTls } else { SmtpTls::Plain },
            }],
            login,
            one_subject: false,
            hello: text("hello"),
            ca_file: None,
        };
        let to = channel.to[0].clone();
        let notifier = Notifier { own_name: text("own-name"), ..notifier(Way::Email(channel)) };
        let told = notifier.deliver("it", &to, &Envelope::first(&notice(), now())).await;
        let (outcome, said) = match told {
            Ok(receipt) => ("taken", receipt.answer),
            Err(Refusal { retry: Retry::Later(_), text }) => ("later", text),
            Err(Refusal { retry: Retry::Never, text }) => ("never", text),
        };
        assert_eq!(Some(outcome.to_owned()), text("outcome"), "{name}: {said}");
        assert!(said.contains(&text("says").unwrap_or_default()), "{name}: {said}");
        for secret in [text("password"), text("token")].into_iter().flatten() {
            assert!(!said.contains(&secret), "{name}: {said}");
        }
        let server = tokio::time::timeout(Duration::from_secs(5), server).await;
        let (odd, mail) = server.unwrap_or_else(|_| panic!("{name}: golive has left too early")).unwrap();
        assert_eq!(odd, [""; 0], "{name}");
        let wanted = text("mail").unwrap_or_default();
        assert!(mail.contains(&wanted), "{name}: {mail}");
    }
}
