-- Größe of each user, in 100%
ALTER TABLE users DROP COLUMN size;
CREATE INDEX ix_users_age ON users (age);
