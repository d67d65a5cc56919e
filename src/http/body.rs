//! The body of a request, read in pieces and never further than the limit.

use std::pin::pin;

use bytes::{Buf, BufMut};
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::BodyExt;

use super::problem::Problem;

/// The whole body of a request, if it has at most `limit` bytes. A longer one is refused by the length
/// that it announces, or else with the piece that passes the limit; what is left of it is not read.
pub async fn read<B: Body>(headers: &HeaderMap, body: B, limit: usize) -> Result<Vec<u8>, Problem> {
    // More than this machine could address is still a length.
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced > limit {
        return Err(Problem::BodyTooLarge(limit));
    }
    let mut body = pin!(body);
    let mut whole = Vec::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let cut = |_| Problem::InvalidJson("it ended early".to_owned());
        // Trailers are no content.
        let Ok(data) = frame.map_err(cut)?.into_data() else {
            continue;
        };
        if whole.len() + data.remaining() > limit {
            return Err(Problem::BodyTooLarge(limit));
        }
        whole.put(data);
    }
    Ok(whole)
}
