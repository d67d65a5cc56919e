//! A host is killed in the middle of writes.

use harness::secrets::guarded_redis;

use crate::load::{during, host};

#[test]
fn a_host_that_is_killed_leaves_no_half_record_and_hurts_no_other_host() {
    let redis = guarded_redis().start();
    let hosts = (0..3).map(|_| host().redis(&redis).start()).collect();
    let ledger = during(hosts, |load| {
        for _ in 0..2 {
            load.breaks();
            load.kill_a_host();
            load.all_do(10);
            load.is_mended();
            load.add_a_host(&redis);
            load.all_go_on(10);
        }
    });
    ledger.assert_kept(&redis);
    assert_eq!(ledger.unavailable, 0, "the other hosts go on");
}
