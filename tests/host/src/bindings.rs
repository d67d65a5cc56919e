//! The Rust side of the interfaces in `wit/`.

#![allow(missing_docs, reason = "generated from the WIT files")]

wasmtime::component::bindgen!({
    path: "wit",
    imports: { "fermyon:spin/redis": async },
    with: {
        "fermyon:spin/redis.connection": redis::aio::MultiplexedConnection,
        "spin:redis/redis.connection": redis::aio::MultiplexedConnection,
    },
});
