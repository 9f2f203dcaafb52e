SET lock_timeout = '200ms';
CREATE INDEX CONCURRENTLY ix_users_fax ON users (fax);
