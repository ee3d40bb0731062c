-- Somebody looks at the decisions so that nobody may change them, until his transaction ends.
lock table lighting.decision in share mode;
