//! Clients that do the same all the time, over a number of records that stays.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use harness::secrets::WRITE_TOKEN;
use harness::{Host, Service};

use crate::sample::Sample;

const CLIENTS: u64 = 8;
const RECORDS: usize = 500;

/// So many samples, whatever the time.
const SAMPLES: u32 = 60;

/// Loads a service for so long.
pub fn run(service: &Service, time: Duration) -> Vec<Sample> {
    let answers = Mutex::new(Vec::new());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (answers, stop, host) = (&answers, &stop, &service.host);
            scope.spawn(move || {
                let mut rng = Rng::with_seed(number);
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    turn(host, &mut rng);
                    let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
                    answers.lock().expect("no panic").push(took);
                }
            });
        }
        let mut samples = Vec::new();
        for _ in 0..SAMPLES {
            std::thread::sleep(time / SAMPLES);
            let recent = std::mem::take(&mut *answers.lock().expect("no panic"));
            samples.push(Sample::take(service, recent));
        }
        stop.store(true, Ordering::Relaxed);
        samples
    })
}

fn turn(host: &Host, rng: &mut Rng) {
    let path = format!("/soak/{}", rng.usize(..RECORDS));
    let body = format!(r#"{{"number":{},"text":"{}"}}"#, rng.u32(..), "x".repeat(rng.usize(..900)));
    let request = match rng.u8(..20) {
        0..9 => host.get(&path),
        9..15 => host.put(&path, &body),
        15..17 => host.merge(&path, &body),
        17 => host.delete(&path),
        18 => host.get("/-/records?prefix=/soak/&limit=20"),
        _ => host.get("/"),
    };
    request.token(WRITE_TOKEN).send();
}
