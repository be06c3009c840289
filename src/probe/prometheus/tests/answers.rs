//! Answers for now, each with the words in which it is told.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use super::*;

async fn said(status: u16, body: &str) -> String {
    let (prometheus, _) = says(status, body).await;
    blind(&server(&prometheus.address)).await
}

#[tokio::test]
async fn one_value_is_taken() {
    for body in [
        vector(r#"{"metric":{"a":"b"},"value":[1700000000.5,"0.25"]}"#),
        r#"{"status":"success","data":{"resultType":"scalar","result":[1700000000.5,"0.25"]}}"#.to_owned(),
    ] {
        let (prometheus, asked) = says(200, &body).await;
        let server = server(&prometheus.address);
        assert_eq!(measure(&server, &value("sum(up)")).await, Some(Measure::Value(0.25)));
        assert_eq!(measure(&server, &value("sum(up)")).await, Some(Measure::Value(0.25)));
        assert_eq!(prometheus.connections(), 1, "the connection is kept");
        let asked = asked.lock().unwrap();
        assert!(asked[0].starts_with("POST /prometheus/api/v1/query HTTP/1.1\r\n"), "{}", asked[0]);
        assert!(asked[0].ends_with("&timeout=1000ms"), "{}", asked[0]);
        // With it, the time of the newest sample.
        for part in ["%0Asum%28up%29%0A", "max%28timestamp%28up%29%29"] {
            assert!(asked[0].contains(part), "{}", asked[0]);
        }
    }
}

#[tokio::test]
async fn what_is_no_measurement_is_named() {
    assert_eq!(said(200, &vector("")).await, "Prometheus: no series: the query finds nothing");
    let nan = said(200, &vector(r#"{"metric":{},"value":[1,"NaN"]}"#)).await;
    assert_eq!(nan, "Prometheus: NaN: nothing to compute with, such as no requests at all");
    let inf = said(200, &vector(r#"{"metric":{},"value":[1,"+Inf"]}"#)).await;
    assert_eq!(inf, "Prometheus: +Inf, which is no measurement");
    let two = r#"{"metric":{"i":"a"},"value":[1,"1"]},{"metric":{"i":"b"},"value":[1,"2"]}"#;
    assert_eq!(
        said(200, &vector(two)).await,
        "Prometheus: 2 series where one is expected, among them {i=\"a\"}, {i=\"b\"}; add them up in the query"
    );
    let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    assert_eq!(
        said(200, matrix).await,
        "Prometheus: a range of values; leave out the [...] around the whole query"
    );
    let native = vector(r#"{"metric":{},"histogram":[1,{"count":"1","sum":"1"}]}"#);
    assert!(said(200, &native).await.starts_with("Prometheus: a native histogram; ask for numbers"));
    let text = r#"{"status":"success","data":{"resultType":"string","result":[1,"x"]}}"#;
    assert!(said(200, text).await.starts_with("Prometheus: an answer of an unknown kind: {"));
}

#[tokio::test]
async fn its_own_words_are_passed_on() {
    let error = r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected <eof>"}"#;
    assert_eq!(
        said(400, error).await,
        "Prometheus: status 400, bad_data: 1:5: parse error: unexpected <eof>"
    );
    let unheard = r#"{"status":"error","errorType":"brand_new","error":"x\u001b[31m"}"#;
    assert_eq!(said(422, unheard).await, "Prometheus: status 422, brand_new: x\\u{1b}[31m");
    assert_eq!(said(503, "Service Unavailable").await, "Prometheus: status 503: Service Unavailable");
    assert_eq!(said(500, "").await, "Prometheus: status 500: an empty body");
    assert_eq!(said(401, "no").await, "Prometheus: status 401: it does not accept the login");
    assert_eq!(
        said(200, "<html>hello").await,
        "Prometheus: the answer is not the JSON of Prometheus: <html>hello"
    );
    assert!(said(200, "{}").await.starts_with("Prometheus: the answer is not the JSON of Prometheus"));
}

#[tokio::test]
async fn warnings_are_remarked_and_do_no_harm() {
    let body = r#"{"status":"success","warnings":["no data from store 2"],"infos":["metric might not be a counter"],
        "data":{"resultType":"vector","result":[{"metric":{},"value":[1,"3"]}]}}"#;
    let (prometheus, _) = says(200, body).await;
    let server = server(&prometheus.address);
    assert_eq!(measure(&server, &value("up")).await, Some(Measure::Value(3.0)));
    let trial = Meter::new(&value("up")).unwrap().try_out(&server).await;
    assert_eq!(trial.result.as_deref(), Ok("3"));
    let remarks =
        ["Prometheus remarks: no data from store 2", "Prometheus remarks: metric might not be a counter"];
    assert_eq!(trial.remarks, remarks);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = b"HTTP/1.1 302 Found\r\nlocation: http://login/\r\ncontent-length: 0\r\n\r\n".to_vec();
    let prometheus = raw(answer, false).await;
    assert_eq!(
        blind(&server(&prometheus.address)).await,
        "Prometheus: status 302, a redirect to http://login/, not followed"
    );
}

#[tokio::test]
async fn nobody_answers() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let server_away = server(&address);
    assert_eq!(blind(&server_away).await, "Prometheus: connection refused");
    let asked = Meter::new(&value("up")).unwrap().read(&server_away, &Clock::start()).await;
    assert!(!asked.reached);
    let silent = raw(Vec::new(), true).await;
    assert_eq!(blind(&server(&silent.address)).await, "Prometheus: no answer within 1s");
    let closes = raw(Vec::new(), false).await;
    let said = blind(&server(&closes.address)).await;
    assert_eq!(said, "Prometheus: connection closed without an answer");
    assert_eq!(closes.connections(), 2, "asked once more, as the connection may have been a kept one");
}

#[tokio::test]
async fn half_an_answer_is_none() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{\"status\":\"success\"";
    let late = raw(head.to_vec(), true).await;
    assert_eq!(blind(&server(&late.address)).await, "Prometheus: no answer within 1s");
    let broken = raw(head.to_vec(), false).await;
    let said = blind(&server(&broken.address)).await;
    assert!(said.starts_with("Prometheus: status 200, but the body broke off: "), "{said}");
    // Cut off where the JSON ends early, with the length of what was sent.
    let (short, _) = says(200, r#"{"status":"success","data":{"resultType":"vector","resu"#).await;
    assert!(blind(&server(&short.address)).await.contains("not the JSON of Prometheus"));
}

#[tokio::test]
async fn two_gigabytes_end_early() {
    let announced = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2147483648\r\n\r\n".to_vec(), true).await;
    assert_eq!(blind(&server(&announced.address)).await, "Prometheus: the answer is longer than 4 MiB");
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let endless = stage::Server::start(move |mut stream, _| {
        let count = Arc::clone(&count);
        async move {
            request(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let piece = vec![b' '; 64 * 1024];
            while stream.write_all(&piece).await.is_ok() {
                count.fetch_add(piece.len(), Ordering::SeqCst);
            }
        }
    })
    .await;
    let mut patient = config(&endless.address);
    patient.timeout = Duration::from_secs(30);
    let said = blind(&Server::new(&patient, &tools())).await;
    assert_eq!(said, "Prometheus: the answer is longer than 4 MiB");
    assert!(sent.load(Ordering::SeqCst) < 32 * 1024 * 1024, "{sent:?}");
}

#[tokio::test]
async fn too_many_series_are_refused() {
    let one = r#"{"metric":{"i":"a"},"value":[1,"1"]},"#.repeat(10_000);
    let body = vector(&format!("{one}{}", r#"{"metric":{"i":"b"},"value":[1,"1"]}"#));
    let (prometheus, _) = says(200, &body).await;
    let mut patient = config(&prometheus.address);
    patient.timeout = Duration::from_secs(30);
    assert_eq!(
        blind(&Server::new(&patient, &tools())).await,
        "Prometheus: 10001 series, of which at most 10000 are followed; add them up in the query"
    );
}

#[tokio::test]
async fn golive_says_who_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, "s3 cret:@/\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let secret = Secret::File(path.clone());
    let body = vector(r#"{"metric":{},"value":[1,"1"]}"#);
    let (prometheus, asked) = says(200, &body).await;
    let basic = Prometheus {
        access: shown(HttpLogin::Basic { username: "golive".to_owned(), password: secret.clone() }),
        ..config(&prometheus.address)
    };
    let basic = Server::new(&basic, &tools());
    assert_eq!(measure(&basic, &value("up")).await, Some(Measure::Value(1.0)));
    let sent = asked.lock().unwrap().pop().unwrap().to_lowercase();
    assert!(sent.contains("authorization: basic z29saxzlonmzignyzxq6qc8=\r\n"), "{sent}");
    // The secret is read anew, as it may be rotated.
    std::fs::write(&path, "").unwrap();
    let bearer = Prometheus { access: shown(HttpLogin::Bearer(secret)), ..config(&prometheus.address) };
    std::fs::write(&path, "token\n").unwrap();
    let bearer = Server::new(&bearer, &tools());
    assert_eq!(measure(&bearer, &value("up")).await, Some(Measure::Value(1.0)));
    let sent = asked.lock().unwrap().pop().unwrap();
    assert!(sent.contains("authorization: Bearer token\r\n"), "{sent}");
    std::fs::remove_file(&path).unwrap();
    let said = blind(&bearer).await;
    assert!(said.starts_with("Prometheus: failed to read the secret ") && !said.contains("token"), "{said}");
}

/// A tenant, and what is secret beside it: read anew each time, and never repeated.
#[tokio::test]
async fn headers_are_sent_with_each_query() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("headers");
    let (prometheus, asked) = says(500, "who is s3cret? and Bearer t0ken?").await;
    let tenant = Prometheus {
        access: Access {
            headers: [("X-Scope-OrgID".to_owned(), "shop".to_owned())].into(),
            headers_file: Some(Secret::File(path.clone())),
            ..Access::default()
        },
        ..config(&prometheus.address)
    };
    let server = Server::new(&tenant, &tools()).named("platform");
    std::fs::write(&path, "X-Key: s3cret\n\nAuthorization:Bearer t0ken\r\n").unwrap();
    assert_eq!(blind(&server).await, "Prometheus platform: status 500: who is […]? and […]?");
    let sent = asked.lock().unwrap().pop().unwrap().to_lowercase();
    for header in ["x-scope-orgid: shop", "x-key: s3cret", "authorization: bearer t0ken"] {
        assert!(sent.contains(&format!("\r\n{header}\r\n")), "{sent}");
    }
    for wrong in ["X-Key: a\ns3cret", "X-Key: a\nX Key: s3cret", "X-Key: a\n: s3cret"] {
        std::fs::write(&path, wrong).unwrap();
        let said = blind(&server).await;
        assert_eq!(
            said, "Prometheus platform: failed to send line 2 of its file of headers: write \"NAME: VALUE\"",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_file_of_authorities_may_be_missing() {
    let secure = Prometheus {
        url: "https://127.0.0.1:1/".to_owned(),
        access: Access { ca_file: Some("/nonexistent/ca.pem".into()), ..Access::default() },
        ..config("unused")
    };
    assert_eq!(
        blind(&Server::new(&secure, &tools())).await,
        "Prometheus: failed to read the certificates in /nonexistent/ca.pem: No such file or directory (os error 2)"
    );
}

#[tokio::test]
async fn a_mistake_is_told_of_the_query_that_has_it() {
    let (prometheus, _) = answers(|request| {
        let (status, text) = match request {
            request if request.contains("label_replace") => (400, "1:99: parse error in both"),
            request if request.contains("query=wrong") => (400, "1:5: parse error in one"),
            _ => return (200, vector("")),
        };
        (status, format!(r#"{{"status":"error","errorType":"bad_data","error":"{text}"}}"#))
    })
    .await;
    let query =
        Query::Requests { errors: "right".to_owned(), requests: "wrong(".to_owned(), version_label: None };
    let meter = Meter::new(&Measured::new(Stream::Errors, query)).unwrap();
    let trial = meter.try_out(&server(&prometheus.address)).await;
    let said = "Prometheus: status 400, bad_data: 1:5: parse error in one (the query of requests)";
    assert_eq!(trial.result.unwrap_err(), said);
}

#[tokio::test]
async fn errors_and_requests_come_in_one_answer() {
    let count = AtomicUsize::new(0);
    let (prometheus, asked) = answers(move |_| {
        let step = count.fetch_add(1, Ordering::SeqCst);
        let one = |part: &str, code: &str, value: usize| {
            format!(
                r#"{{"metric":{{"golive_part":"{part}","instance":"a","code":"{code}"}},"value":[{step},"{value}"]}}"#
            )
        };
        let result = [
            one("requests", "200", 100 + step * 10),
            one("requests", "500", 5 + step),
            one("errors", "500", 5 + step),
        ];
        (200, vector(&result.join(",")))
    })
    .await;
    let measured = Measured::new(
        Stream::Errors,
        Query::Requests {
            errors: "http_requests_total{code=~\"5..\"}".to_owned(),
            requests: "http_requests_total".to_owned(),
            version_label: None,
        },
    );
    let (server, clock) = (server(&prometheus.address), Clock::start());
    let mut meter = Meter::new(&measured).unwrap();
    assert!(meter.read(&server, &clock).await.reading.is_none());
    let Measure::Requests(requests) = meter.read(&server, &clock).await.reading.unwrap().measure else {
        panic!("no requests");
    };
    assert_eq!((requests.seen.bad, requests.seen.total), (1, 11));
    assert_eq!(asked.lock().unwrap().len(), 2);
    let trial = meter.try_out(&server).await;
    assert_eq!(trial.result.as_deref(), Ok("2 series of requests (counters), 1 of errors (counters)"));
}

fn shown(login: HttpLogin) -> Access {
    Access { login: Some(login), ..Access::default() }
}
