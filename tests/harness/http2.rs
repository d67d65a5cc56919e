//! HTTP/2, without TLS and by prior knowledge (RFC 9113, 3.3).

use std::error::Error;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::wait::PATIENCE;

/// Sends a request on a connection of its own; an error if its stream ends without a whole answer.
pub fn exchange(
    address: SocketAddr,
    request: Request<Vec<u8>>,
) -> Result<Response<Bytes>, Box<dyn Error + Send + Sync>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let stream = TokioIo::new(TcpStream::connect(address).await?);
        let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
        tokio::spawn(connection);
        let exchange = async {
            let (head, body) = client.send_request(request.map(full)).await?.into_parts();
            Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
        };
        tokio::time::timeout(PATIENCE, exchange).await?
    })
}

fn full(body: Vec<u8>) -> Full<Bytes> {
    Full::from(body)
}
