"""Schemas like those of well-known applications, with their true references: `suggest` is measured on them.

A table a line: `name: column, column > parent, column = type`; the first column is its key. Columns without
more are integers. A pair `x_type ~ A B` (text) says for `x_id` of whom it is: a reference with a condition.
Nothing here is copied from anybody: names as such applications have them, far fewer columns.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from zlib import crc32

SCHEMAS: Final = {
    # Rails: *_id, people by the part that they play, pairs of type and id
    "forum": """
        users: id, username = text, trust_level, post_count, approved_by_id > users,
            uploaded_avatar_id > uploads,
            primary_group_id > groups
        groups: id, name = text, flair_upload_id > uploads, visibility_level
        group_users: id, group_id > groups, user_id > users, notification_level
        uploads: id, user_id > users, filesize, access_control_post_id > posts, sha = text
        categories: id, user_id > users, parent_category_id > categories, topic_id > topics,
            latest_post_id > posts,
            latest_topic_id > topics, uploaded_logo_id > uploads, position, topic_count
        topics: id, user_id > users, category_id > categories, last_post_user_id > users,
            deleted_by_id > users,
            featured_user1_id > users, image_upload_id > uploads, views, reply_count
        posts: id, user_id > users, topic_id > topics, reply_to_user_id > users, last_editor_id > users,
            deleted_by_id > users, locked_by_id > users, post_number, reads, image_upload_id > uploads
        post_action_types: id, name_key = text, position
        post_actions: id, post_id > posts, user_id > users, post_action_type_id > post_action_types,
            related_post_id > posts, agreed_by_id > users, deferred_by_id > users, staff_took_action
        notifications: id, user_id > users, topic_id > topics, post_number, post_action_id > post_actions,
            notification_type
        bookmarks: id, user_id > users, bookmarkable_type ~ Post Topic, bookmarkable_id, reminder_type
        reviewables: id, created_by_id > users, reviewable_by_group_id > groups, target_type ~ Post User,
            target_id,
            target_created_by_id > users, category_id > categories, score
        tags: id, name = text, topic_count, target_tag_id > tags
        topic_tags: id, topic_id > topics, tag_id > tags
        badge_types: id, name = text
        badge_groupings: id, name = text, position
        badges: id, badge_type_id > badge_types, badge_grouping_id > badge_groupings, grant_count,
            image_upload_id > uploads
        user_badges: id, badge_id > badges, user_id > users, granted_by_id > users, post_id > posts,
            notification_id > notifications, seq
        invites: id, invited_by_id > users, max_redemptions, emailed_status
        invited_users: id, user_id > users, invite_id > invites
        user_histories: id, acting_user_id > users, target_user_id > users, action, topic_id > topics,
            post_id > posts
        topic_links: id, topic_id > topics, post_id > posts, user_id > users, link_topic_id > topics,
            link_post_id > posts, clicks
        incoming_domains: id, name = text, port
        incoming_referers: id, path = text, incoming_domain_id > incoming_domains
        incoming_links: id, post_id > posts, user_id > users, incoming_referer_id > incoming_referers,
            current_user_id > users
        """,
    # Django: tables are called application_model, columns by the model alone
    "shop": """
        account_address: id, city = text, country_area = text
        account_user: id, email = text, default_billing_address_id > account_address,
            default_shipping_address_id > account_address, number_of_orders
        auth_group: id, name = text
        account_user_groups: id, user_id > account_user, group_id > auth_group
        django_content_type: id, app_label = text, model = text
        auth_permission: id, content_type_id > django_content_type, codename = text
        auth_group_permissions: id, group_id > auth_group, permission_id > auth_permission
        django_admin_log: id, user_id > account_user, content_type_id > django_content_type,
            object_id = text,
            action_flag
        channel_channel: id, slug = text
        product_producttype: id, name = text
        product_category: id, parent_id > product_category, lft, rght, tree_id, level
        product_product: id, category_id > product_category, product_type_id > product_producttype,
            default_variant_id > product_productvariant, weight
        product_productvariant: id, product_id > product_product, sku = text, sort_order, media_count
        product_productmedia: id, product_id > product_product, sort_order
        product_variantmedia: id, variant_id > product_productvariant, media_id > product_productmedia
        product_collection: id, slug = text
        product_collectionproduct: id, collection_id > product_collection, product_id > product_product,
            sort_order
        discount_voucher: id, code = text, usage_limit, used
        discount_vouchercustomer: id, voucher_id > discount_voucher, customer_email = text
        shipping_shippingzone: id, name = text
        shipping_shippingmethod: id, shipping_zone_id > shipping_shippingzone, minimum_delivery_days
        warehouse_warehouse: id, address_id > account_address, slug = text
        warehouse_stock: id, product_variant_id > product_productvariant,
            warehouse_id > warehouse_warehouse, quantity
        order_order: id, user_id > account_user, billing_address_id > account_address,
            shipping_address_id > account_address, voucher_id > discount_voucher, original_id > order_order,
            channel_id > channel_channel, shipping_method_id > shipping_shippingmethod, number
        order_orderline: id, order_id > order_order, variant_id > product_productvariant, quantity
        order_fulfillment: id, order_id > order_order, fulfillment_order
        order_fulfillmentline: id, order_line_id > order_orderline, fulfillment_id > order_fulfillment,
            stock_id > warehouse_stock, quantity
        order_orderevent: id, order_id > order_order, user_id > account_user, related_id > order_order
        payment_payment: id, order_id > order_order, cc_exp_month, cc_exp_year
        payment_transaction: id, payment_id > payment_payment, amount
        warehouse_allocation: id, order_line_id > order_orderline, stock_id > warehouse_stock,
            quantity_allocated
        page_pagetype: id, name = text
        page_page: id, page_type_id > page_pagetype, slug = text
        menu_menu: id, slug = text
        menu_menuitem: id, menu_id > menu_menu, parent_id > menu_menuitem, category_id > product_category,
            collection_id > product_collection, page_id > page_page, lft, rght, tree_id, level
        """,
    # Laravel and its like: morphs, people by their part
    "cms": """
        users: id, name = text, login_count
        roles: id, name = text, level
        role_user: id, role_id > roles, user_id > users
        sites: id, owner_id > users, theme = text, homepage_id > pages
        pages: id, site_id > sites, parent_id > pages, template_id > templates, author_id > users, lft,
            rgt, depth,
            published_by > users
        templates: id, name = text, revision
        articles: id, site_id > sites, author_id > users, editor_id > users, category_id > categories,
            cover_image_id > images, word_count
        videos: id, site_id > sites, uploaded_by > users, duration, poster_id > images
        categories: id, site_id > sites, parent_id > categories, sort
        comments: id, user_id > users, parent_id > comments, commentable_type ~ Article Video Page,
            commentable_id,
            score
        images: id, imageable_type ~ Article Page, imageable_id, width, height, created_by > users
        tags: id, name = text
        taggings: id, tag_id > tags, taggable_type ~ Article Video, taggable_id, tagger_id > users
        activity_log: id, subject_type ~ Page Article Comment, subject_id, causer_id > users, batch
        menu_items: id, menu_id > menus, parent_id > menu_items, page_id > pages, position
        menus: id, site_id > sites, name = text
        revisions: id, revisionable_type ~ Page Article, revisionable_id, user_id > users, number
        redirects: id, site_id > sites, target_page_id > pages, hits, status_code
        """,
    # a music store, with names in camel case
    "store": """
        "Artist": ArtistId, Name = text
        "Album": AlbumId, Title = text, ArtistId > Artist
        "Genre": GenreId, Name = text
        "MediaType": MediaTypeId, Name = text
        "Track": TrackId, AlbumId > Album, MediaTypeId > MediaType, GenreId > Genre, Milliseconds, Bytes
        "Employee": EmployeeId, LastName = text, ReportsTo > Employee
        "Customer": CustomerId, Email = text, SupportRepId > Employee
        "Invoice": InvoiceId, CustomerId > Customer, Total
        "InvoiceLine": InvoiceLineId, InvoiceId > Invoice, TrackId > Track, Quantity
        "Playlist": PlaylistId, Name = text
        "PlaylistTrack": PlaylistTrackId, PlaylistId > Playlist, TrackId > Track
        """,
    # a music encyclopedia: the bare names of tables, types of its own for each
    "music": """
        area_type: id, parent > area_type, child_order
        area: id, type > area_type, edits_pending
        artist_type: id, parent > artist_type, child_order
        gender: id, parent > gender, child_order
        artist: id, type > artist_type, area > area, gender > gender, begin_area > area, end_area > area,
            begin_date_year, edits_pending
        artist_alias: id, artist > artist, edits_pending
        artist_credit: id, artist_count, ref_count
        artist_credit_name: id, artist_credit > artist_credit, position, artist > artist
        label_type: id, parent > label_type, child_order
        label: id, type > label_type, area > area, label_code, edits_pending
        language: id, frequency
        script: id, frequency
        release_status: id, parent > release_status
        release_packaging: id, parent > release_packaging
        release_group: id, artist_credit > artist_credit, edits_pending
        release: id, artist_credit > artist_credit, release_group > release_group, status > release_status,
            packaging > release_packaging, language > language, script > script, quality
        release_label: id, release > release, label > label
        medium_format: id, parent > medium_format, year
        medium: id, release > release, position, format > medium_format, track_count
        recording: id, artist_credit > artist_credit, length, video
        track: id, recording > recording, medium > medium, position, artist_credit > artist_credit, length
        link_type: id, parent > link_type, priority
        link: id, link_type > link_type, attribute_count
        l_artist_recording: id, link > link, entity0 > artist, entity1 > recording, link_order
        """,
    # the next two had no part in finding the rules: what they are found with is what others may expect
    "tracker": """
        users: id, login = text, auth_source_id > auth_sources, mail_count
        auth_sources: id, name = text, port
        projects: id, name = text, parent_id > projects, lft, rgt, default_version_id > versions,
            default_assigned_to_id > users
        trackers: id, name = text, position, default_status_id > issue_statuses
        issue_statuses: id, name = text, position, default_done_ratio
        issue_categories: id, project_id > projects, name = text, assigned_to_id > users
        enumerations: id, name = text, position, project_id > projects, parent_id > enumerations
        versions: id, project_id > projects, name = text
        issues: id, project_id > projects, tracker_id > trackers, status_id > issue_statuses,
            assigned_to_id > users,
            author_id > users, priority_id > enumerations, fixed_version_id > versions,
            category_id > issue_categories, parent_id > issues, root_id > issues, lft, rgt, done_ratio,
            lock_version
        issue_relations: id, issue_from_id > issues, issue_to_id > issues, delay
        journals: id, journalized_type ~ Issue Version, journalized_id, user_id > users
        journal_details: id, journal_id > journals, prop_key = text
        watchers: id, watchable_type ~ Issue Board Message, watchable_id, user_id > users
        attachments: id, container_type ~ Issue Message Version, container_id, author_id > users,
            filesize, downloads
        custom_fields: id, name = text, min_length, max_length, position
        custom_values: id, customized_type ~ Issue Project, customized_id, custom_field_id > custom_fields
        roles: id, name = text, position, builtin
        members: id, user_id > users, project_id > projects
        member_roles: id, member_id > members, role_id > roles, inherited_from > member_roles
        workflows: id, tracker_id > trackers, old_status_id > issue_statuses,
            new_status_id > issue_statuses,
            role_id > roles
        time_entries: id, project_id > projects, user_id > users, issue_id > issues,
            activity_id > enumerations, hours,
            tyear, tmonth, tweek
        wikis: id, project_id > projects, status
        wiki_pages: id, wiki_id > wikis, title = text, parent_id > wiki_pages
        wiki_contents: id, page_id > wiki_pages, author_id > users, version
        boards: id, project_id > projects, position, topics_count, messages_count,
            last_message_id > messages
        messages: id, board_id > boards, parent_id > messages, author_id > users, replies_count,
            last_reply_id > messages
        repositories: id, project_id > projects, url = text
        changesets: id, repository_id > repositories, user_id > users, revision = text
        changes: id, changeset_id > changesets, path = text
        """,
    "rental": """
        country: country_id, country = text
        city: city_id, city = text, country_id > country
        address: address_id, address = text, city_id > city
        language: language_id, name = text
        film: film_id, title = text, release_year, language_id > language, original_language_id > language,
            rental_duration, length
        actor: actor_id, last_name = text
        category: category_id, name = text
        film_actor: id, actor_id > actor, film_id > film
        film_category: id, film_id > film, category_id > category
        store: store_id, manager_staff_id > staff, address_id > address
        staff: staff_id, last_name = text, address_id > address, store_id > store
        customer: customer_id, store_id > store, last_name = text, address_id > address, active
        inventory: inventory_id, film_id > film, store_id > store
        rental: rental_id, inventory_id > inventory, customer_id > customer, staff_id > staff
        payment: payment_id, customer_id > customer, staff_id > staff, rental_id > rental, amount
        """,
}


class Reference(NamedTuple):
    """One true reference; `kind` is the value of the type column beside it, where there is one."""

    child: str
    column: str
    parent: str
    kind: str = ""


class Schema(NamedTuple):
    """The statements that make the schema without any key to another table, and its references."""

    script: str
    truth: frozenset[Reference]


def _size(table: str) -> int:
    return 20 + crc32(table.encode()) % 180


def read(name: str) -> Schema:
    """Tables with rows; all keys count from one, as they do: the numbers alone tell hardly anything."""
    lines = re.sub(r",\s*\n\s*", ", ", SCHEMAS[name]).strip().splitlines()
    tables = {
        table.strip().strip('"'): [column.strip() for column in columns.split(",")]
        for table, _, columns in (line.partition(":") for line in lines)
    }
    kinds = {re.sub(r"[^a-z]", "", table.lower()).removesuffix("s"): table for table in tables}
    truth: set[Reference] = set()
    script = [f"create schema if not exists {name}"]
    for table, columns in tables.items():
        made, values, pair = [], [], ""
        for place, column in enumerate(columns):
            called, sign, what = re.fullmatch(r"(\w+)(?: ([>=~]) (.*))?", column).groups()  # type: ignore[union-attr]
            made.append(
                f'"{called}" {"text" if sign in ("=", "~") else "int"}{" primary key" * (place == 0)}'
            )
            spread = f"abs(hashint8(i * 31 + {place * 7 + crc32(table.encode()) % 1000}))"
            if sign == ">":
                truth.add(Reference(table, called, what))
                # some have none; roots have no parent
                values.append(f"case when i % 9 > 0 then 1 + {spread} % {_size(what)} end")
            elif sign == "~":
                chosen = what.split()
                pair = called.removesuffix("_type") + "_id"
                owners = [kinds[one.lower().removesuffix("s")] for one in chosen]
                truth |= {
                    Reference(table, pair, owner, one) for owner, one in zip(owners, chosen, strict=True)
                }
                values.append(
                    f"(array['{what.replace(' ', chr(39) + ',' + chr(39))}'])[1 + i % {len(chosen)}]"
                )
                sizes = ",".join(str(_size(owner)) for owner in owners)
                pair_value = f"1 + {spread} % (array[{sizes}])[1 + i % {len(chosen)}]"
            elif place == 0:
                values.append("i")
            elif called == pair:
                values.append(pair_value)
            else:
                values.append(f"'{called} ' || i" if sign == "=" else f"{spread} % {3 + place * 40}")
        script.append(f'create table {name}."{table}" ({", ".join(made)})')
        script.append(
            f'insert into {name}."{table}" select {", ".join(values)}'
            f" from generate_series(1, {_size(table)}) as i"
        )
    return Schema(";\n".join(script), frozenset(truth))
