UPDATE part SET time_updated = 1767600003000, data = '{"type":"text","text":"I sort them by name."}' WHERE id = 'prt_2';
