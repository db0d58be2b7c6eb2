/* index_known.c - the files that an index has, and what a run has seen of them */
#include "index_known.h"

static size_t
hash(struct sp_str s)
{
	uint64_t h = UINT64_C(14695981039346656037);	/* FNV-1a: the names come from the owner's own tree */

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ (h >> 32));
}

/* Where a path is, or would be. */
static size_t
slot_of(const struct index_known_files *files, struct sp_str path)
{
	size_t i = hash(path) % files->nslots;

	while (files->slots[i] != 0 && !sp_str_eq(files->file[files->slots[i] - 1].path, path))
		i = (i + 1) % files->nslots;
	return i;
}

/* Twice as much; what was there stays in the arena, which is as much again at most. */
static void
grow(struct sp_arena *mem, struct index_known_files *files)
{
	size_t room = files->room == 0 ? 1024 : files->room * 2;
	struct index_known_file *file = sp_alloc_array(mem, room, sizeof(*file));

	if (files->count > 0)
		memcpy(file, files->file, files->count * sizeof(*file));
	files->file = file;
	files->room = room;
	files->nslots = room * 2 + 1;
	files->slots = sp_alloc_array(mem, files->nslots, sizeof(*files->slots));
	for (size_t i = 0; i < files->count; i++)
		files->slots[slot_of(files, file[i].path)] = i + 1;
}

struct index_known_file *
index_known_add(struct sp_arena *mem, struct index_known_files *files, struct sp_str path)
{
	struct index_known_file *file;

	if (files->count == files->room)
		grow(mem, files);
	file = &files->file[files->count];
	files->slots[slot_of(files, path)] = ++files->count;
	*file = (struct index_known_file){ .path = path };
	return file;
}

struct index_known_file *
index_known_find(const struct index_known_files *files, struct sp_str path)
{
	size_t slot = files->nslots > 0 ? files->slots[slot_of(files, path)] : 0;

	return slot > 0 ? &files->file[slot - 1] : NULL;
}

enum index_known
index_known_check(struct index_known_files *files, struct sp_str path, const uint8_t sha256[static SP_SHA256_LEN])
{
	struct index_known_file *file = index_known_find(files, path);

	if (file == NULL)
		return INDEX_NEW;
	file->seen = true;
	return memcmp(file->sha256, sha256, SP_SHA256_LEN) == 0 ? INDEX_UNCHANGED : INDEX_CHANGED;
}

void
index_known_only(struct index_known_files *files, const struct index_strings *paths)
{
	for (size_t i = 0; i < files->count; i++)
		files->file[i].seen = true;
	for (size_t i = 0; i < paths->count; i++) {
		struct index_known_file *file = index_known_find(files, paths->item[i]);

		if (file != NULL)
			file->seen = false;
	}
}

size_t
index_known_vanished(const struct index_known_files *files)
{
	size_t n = 0;

	for (size_t i = 0; i < files->count; i++)
		n += !files->file[i].seen;
	return n;
}
