//! Section 2: one PATCH beside another.

use harness::{Host, Redis};

use crate::common::at_once;

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
