DROP INDEX ix_users_size;
UPDATE users SET note = 'it''s 50% :)' WHERE note LIKE '%small%';
