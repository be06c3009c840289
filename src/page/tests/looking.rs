use super::*;

fn everything(words: &str) -> View {
    View {
        services: vec![Arc::new(shop(words))],
        rules: shop(words).triggers,
        incidents: vec![incident("shop-1", words)],
        docker_error: Some(words.to_owned()),
        swarm_error: Some(words.to_owned()),
        clock_skew: Some(words.to_owned()),
        store_error: Some(words.to_owned()),
        config_error: Some(words.to_owned()),
        heartbeat: None,
    }
}

#[tokio::test]
async fn everything_is_shown_in_both_languages() {
    let wanted = [
        (Language::English, ["rolling back", "9 min left", "NOT ready", "golive ack shop-1", "given up"]),
        (Language::Chinese, ["正在自动回滚", "剩余 9 分钟", "未就绪", "golive ack shop-1", "已放弃"]),
    ];
    for (language, words) in wanted {
        let served = Served::start(everything("SEEN"), language).await;
        let (status, headers, body) = served.get("/").await;
        assert_eq!(status, 200);
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        let ratios = if language == Language::English { ["9 %", "> 5 %"] } else { ["9%", "> 5%"] };
        let ratios = ratios.map(|ratio| ratio.replace('>', "&gt;"));
        assert!(ratios.iter().all(|ratio| body.contains(ratio)), "{ratios:?}: {body}");
        for word in words.into_iter().chain(["shop-2", "host-1", "http-equiv=\"refresh\""]) {
            assert!(body.contains(word), "{language:?}: no {word:?} in\n{body}");
        }
        // Why, warning, problem, divergence, hold, announced, runs, trigger, incident, three troubles.
        assert!(body.matches("SEEN").count() >= 12, "{body}");
        for hole in ["page.", "reason.", "news.", "undefined", "none\n", "{{"] {
            assert!(!body.contains(hole), "{hole}: {body}");
        }
    }
}

#[tokio::test]
async fn what_others_wrote_is_text() {
    let served = Served::start(everything(HOSTILE), Language::English).await;
    let (_, _, body) = served.get("/").await;
    assert!(body.contains("&lt;script&gt;"), "{body}");
    assert!(!body.contains("<script") && !body.contains('\u{202e}') && !body.contains('\u{1b}'), "{body}");
    let quoted =
        body.split("alert(1)").skip(1).filter(|rest| rest.starts_with("&lt;&#x2f;script&gt;&quot;&#x27;"));
    assert_eq!(quoted.count(), body.matches("alert(1)").count(), "every quote is escaped: {body}");
}

#[tokio::test]
async fn a_quiet_host_says_so() {
    let mut fine = shop("");
    (fine.why, fine.hold, fine.diverged, fine.announced, fine.release) = (None, None, None, None, None);
    (fine.problems, fine.phase) = (Some(Vec::new()), "idle");
    let served =
        Served::start(View { services: vec![Arc::new(fine)], ..View::default() }, Language::English).await;
    assert!(served.get("/").await.2.contains("All is well."));
    served.views.send_replace(Arc::new(View::default()));
    assert!(served.get("/").await.2.contains("No services yet."));
}

#[tokio::test]
async fn browsers_are_told_to_do_nothing_with_it() {
    let served = Served::start(View::default(), Language::English).await;
    for path in ["/", "/metrics", "/healthz", "/ack", "/nothing", "/style.css"] {
        let (_, headers, _) = served.get(path).await;
        assert!(
            headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none';"),
            "{path}"
        );
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
    }
    assert_eq!(served.get("/nothing").await.0, 404);
    assert_eq!(served.get("/v1/status").await.0, 404);
    for path in ["/", "/metrics", "/healthz"] {
        assert_eq!(served.post(path).await.0, 405, "{path}");
    }
}

/// A stranger's page may not read this one by a name of theirs that points here.
#[tokio::test]
async fn it_is_only_known_by_its_own_names() {
    let served = Served::start(View::default(), Language::English).await;
    let asked = async |host: &str| served.ask(reqwest::Method::GET, "/", Some(host)).await.0;
    for host in ["localhost:9797", "127.0.0.1", "[::1]:9797", "GOLIVE.example.com", "10.0.0.1:80"] {
        assert_eq!(asked(host).await, 200, "{host}");
    }
    for host in ["evil.example.com", "localhost.evil.example.com:9797", "golive.example.com.evil.example"] {
        assert_eq!(asked(host).await, 421, "{host}");
    }
}

#[tokio::test]
async fn metrics_and_health_are_the_loops() {
    let served = Served::start(everything("SEEN"), Language::English).await;
    let (status, headers, body) = served.get("/metrics").await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, metrics::CONTENT_TYPE));
    assert!(body.contains("golive_outbox_pending{channel=\"oncall\"} 3.0\n"), "{body}");
    assert!(body.contains("golive_release_phase{service=\"shop\",phase=\"watching\"} 1.0\n"), "{body}");
    let (status, _, body) = served.get("/healthz").await;
    assert_eq!((status, body.as_str()), (200, "ok\n"));
    served.core.abort();
    let gone = async {
        while served.get("/healthz").await.0 != 503 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("a loop that is gone is noticed");
    assert_eq!(served.get("/metrics").await.0, 503);
    assert_eq!(served.get("/").await.0, 200, "what was seen last is still shown");
}
