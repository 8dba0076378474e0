"""Applications that speak WebSocket under uvicorn, with its `websockets` implementation.

    ws /echo        sends back what comes, text or bytes, and closes with 1000 when it is told "bye"
    ws /flood       sends messages of 64 KiB without end
    ws /refuse      refuses the handshake: 403
    POST /plain     answers at once
"""
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") == "bye":
                return await socket.close(1000)
            if message.get("text") is not None:
                await socket.send_text(message["text"])
            else:
                await socket.send_bytes(message["bytes"])
    except WebSocketDisconnect:
        pass


@app.websocket("/flood")
async def flood(socket: WebSocket):
    await socket.accept()
    while True:
        await socket.send_bytes(bytes(65536))


@app.websocket("/refuse")
async def refuse(socket: WebSocket):
    await socket.close()


@app.post("/plain")
def plain():
    return "plain"
