//! Redis has no memory left.

use harness::secrets::guarded_redis;

use crate::load::{during, host};

#[test]
fn a_full_store_refuses_writes_and_loses_nothing() {
    let redis = guarded_redis().set("maxmemory-policy", "noeviction").start();
    let hosts = vec![host().redis(&redis).start(), host().redis(&redis).start()];
    let ledger = during(hosts, |load| {
        load.breaks();
        let used = redis.info("memory", "used_memory").expect("Redis tells");
        redis.run::<()>(&["CONFIG", "SET", "maxmemory", &used]);
        load.all_find_it_full(20);
        redis.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
        load.is_mended();
    });
    ledger.assert_kept(&redis);
}
