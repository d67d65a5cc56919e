//! What is different where Redis is on another machine, as it is for every pod: round trips take time,
//! and a socket that was closed keeps its port for a minute, of which loopback knows nothing.
//!
//! | module | shows |
//! | --- | --- |
//! | `ports` | a host doesn't run out of ports to connect from; two network namespaces stand for two machines |
//! | `closing` | how a request of the default build ends its connection, and that nobody waits for it |

mod client;
mod closing;
mod machines;
mod ports;
mod sockets;
