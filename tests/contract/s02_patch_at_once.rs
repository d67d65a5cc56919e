//! Section 2: one PATCH beside another.

use harness::{Host, Redis};

use crate::common::at_once;

#[test]
fn patches_of_different_members_at_once_never_lose_one() {
    let redis = Redis::start();
    let hosts = [(); 3].map(|()| Host::start(&redis));
    let record = r#"{"untouched":12345678901234567890123}"#;
    hosts[0].put("/x", record).send().expect(201);
    let (writers, rounds) = (6, 15);
    let taken: usize = at_once(writers, |writer| {
        let host = &hosts[writer % hosts.len()];
        let mut tries = 0;
        for round in 1..=rounds {
            loop {
                tries += 1;
                let answer = if writer % 2 == 0 {
                    host.merge("/x", &format!(r#"{{"m{writer}":{round}}}"#)).may_fail().send()
                } else {
                    let patch = format!(r#"[{{"op":"add","path":"/m{writer}","value":{round}}}]"#);
                    host.patch("/x", &patch).may_fail().send()
                };
                if answer.status() != 503 {
                    answer.expect(200);
                    break;
                }
                answer.required("retry-after");
            }
        }
        tries
    })
    .into_iter()
    .sum();
    let got = hosts[0].get("/x").send();
    for writer in 0..writers {
        assert_eq!(got.number(&format!("m{writer}")), rounds, "{got}");
    }
    assert_eq!(got.member("untouched").as_deref(), Some("12345678901234567890123"));
    // The PUT, every PATCH once however often it had to try, the GET.
    assert_eq!(hosts[0].count_of("/x"), taken as u64 + 2);
}

#[test]
fn a_counter_kept_with_test_and_replace_is_exact() {
    let redis = Redis::start();
    let hosts = [(); 2].map(|()| Host::start(&redis));
    hosts[0].put("/n", r#"{"n":0}"#).send().expect(201);
    at_once(4, |number| {
        let host = &hosts[number % hosts.len()];
        for _ in 0..10 {
            loop {
                let n = host.get("/n").send().number("n");
                let patch = format!(
                    r#"[{{"op":"test","path":"/n","value":{n}}},{{"op":"replace","path":"/n","value":{}}}]"#,
                    n + 1
                );
                let answer = host.patch("/n", &patch).may_fail().send();
                match answer.status() {
                    200 => break,
                    409 | 503 => {}
                    _ => panic!("{answer}"),
                }
            }
        }
    });
    assert_eq!(hosts[0].get("/n").send().number("n"), 40);
}
