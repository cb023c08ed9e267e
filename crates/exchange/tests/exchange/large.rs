//! Large bodies pass whole, in constant memory.

use super::support::*;
use haidang_exchange::rules::canonical::digest;

const LARGE: usize = 13_736_617;

#[tokio::test]
async fn thirteen_megabytes_pass_both_ways() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    let body: Vec<u8> = (0..LARGE).map(|place| (place % 251) as u8).collect();
    assert_eq!(door.call("PUT", ECHO, &[A], &body).await.text(), format!("{{\"length\":{LARGE}}}"));
    assert!(digest(&provider.last().body) == digest(&body));
    let reply = door.get(&format!("{ECHO}/large?{LARGE}")).await;
    assert_eq!((reply.status, reply.body.len()), (200, LARGE));
    assert!(reply.body.iter().all(|byte| *byte == b'x'));
}
