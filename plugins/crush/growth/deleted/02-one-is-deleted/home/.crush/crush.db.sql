DELETE FROM messages WHERE session_id = 's-1';
DELETE FROM sessions WHERE id = 's-1';
