"""What serves the page: files and the WebSocket on one port."""
